// @ts-check
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { staticBusybox } from "./busybox-rootfs.mjs";
import { findCniPlugins } from "./cni-plugins.mjs";
import { unpackPackages } from "./debian.mjs";
import { ensureEngine } from "./engine-setup.mjs";
import { runMain, SetupError, say } from "./say.mjs";
import { checkNode, ensureBuilt, ensureDependencies } from "./setup.mjs";
import { countsVariable } from "./test-reporter.mjs";
import { findTool, repository } from "./tools.mjs";

/**
 * `npm test [-- arguments of vitest]`: sets up what is missing, then runs the tests. The last line is
 * `N passed, N failed, N skipped`.
 */
async function main() {
  checkNode();
  await ensureDependencies();
  await ensureBuilt();
  await ensureEngine();
  await ensurePrograms();
  await prepareNomad();
  process.exitCode = await runTests(process.argv.slice(2));
}

/** Programs that the tests need, with the Debian package that has each. */
const programs = [
  { package: "docker-registry", find: () => findTool("docker-registry") },
  { package: "busybox-static", find: staticBusybox },
  { package: "redis-server", find: () => findTool("redis-server") },
];

async function ensurePrograms() {
  const found = await Promise.all(programs.map(async (each) => ({ ...each, path: await each.find() })));
  const missing = found.filter(({ path }) => path === undefined).map((each) => each.package);
  if (missing.length === 0) return;
  if ((await findTool("apt-get")) === undefined) {
    throw new SetupError(`the tests need ${missing.join(", ")}; install them with your system's packages`);
  }
  await unpack(missing);
}

/** @param {readonly string[]} packages */
async function unpack(packages) {
  say(`unpacking ${packages.join(", ")} into .cache/tools`);
  await unpackPackages(packages);
}

/** A Nomad is nothing to install behind somebody's back; what its networks need is, in our own folder. */
async function prepareNomad() {
  if (!process.env.NOMAD_BIN && (await findTool("nomad")) === undefined) {
    say(
      "no nomad in the PATH or in NOMAD_BIN: its tests are skipped (developer.hashicorp.com/nomad/install)",
    );
  } else if (process.getuid?.() !== 0) {
    say("not root: the tests of networks that a Nomad agent wires are skipped");
  } else if ((await findCniPlugins()) === undefined) {
    if ((await findTool("apt-get")) !== undefined) return await unpack(["containernetworking-plugins"]);
    say("no CNI plugins in /opt/cni/bin: the tests of networks that a Nomad agent wires are skipped");
  }
}

/** @param {readonly string[]} args @returns {Promise<number>} the exit code */
async function runTests(args) {
  const folder = await mkdtemp(join(tmpdir(), "longshore-counts-"));
  const counts = join(folder, "counts.json");
  try {
    const vitest = join(repository, "node_modules", "vitest", "vitest.mjs");
    const reporters = [
      "--reporter=default",
      `--reporter=${join(repository, "scripts", "test-reporter.mjs")}`,
    ];
    const child = spawn(process.execPath, [vitest, "run", ...reporters, ...args], {
      cwd: repository,
      env: { ...process.env, [countsVariable]: counts },
      stdio: ["ignore", "inherit", "inherit"],
    });
    // Ctrl-C reaches the child too; it cleans up and ends, and then so does this.
    process.on("SIGINT", () => undefined);
    process.on("SIGTERM", () => child.kill("SIGTERM"));
    const [code] = await once(child, "close");
    return await tell(counts, typeof code === "number" ? code : 1);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @param {string} file @param {number} code */
async function tell(file, code) {
  const counted = await readFile(file, "utf8").catch(() => '{"passed":0,"failed":0,"skipped":0}');
  const { passed, failed, skipped } = JSON.parse(counted);
  // A run that fails as a whole (containers left behind, say) has failed although each test passed.
  const whole = code !== 0 && failed === 0 ? 1 : 0;
  process.stdout.write(`${passed} passed, ${failed + whole} failed, ${skipped} skipped\n`);
  return code !== 0 || failed > 0 ? code || 1 : 0;
}

await runMain(main);
