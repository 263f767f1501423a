// @ts-check
import { createHash } from "node:crypto";
import { access, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { runStep } from "./run-program.mjs";
import { SetupError, say } from "./say.mjs";
import { repository } from "./tools.mjs";

/** Rejects on a Node.js that is too old, in one line. */
export function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 12)) return;
  throw new SetupError(
    `Node.js 20.12 or later is needed, this is ${process.versions.node}; see https://nodejs.org`,
  );
}

/** Installs the dependencies unless what the lock file names is there. */
export async function ensureDependencies() {
  if (await dependenciesAreThere()) return;
  say("installing dependencies (npm ci)");
  await runStep("npm", ["ci", "--no-audit", "--no-fund"], { cwd: repository });
}

async function dependenciesAreThere() {
  const [wanted, present] = await Promise.all([
    readPackages(join(repository, "package-lock.json")),
    readPackages(join(repository, "node_modules", ".package-lock.json")).catch(
      () => /** @type {Awaited<ReturnType<typeof readPackages>>} */ ({}),
    ),
  ]);
  return Object.entries(wanted).every(
    ([path, wants]) => path === "" || wants.optional || present[path]?.version === wants.version,
  );
}

/**
 * @param {string} file a lock file
 * @returns {Promise<Record<string, { version?: string, optional?: boolean }>>}
 */
async function readPackages(file) {
  return JSON.parse(await readFile(file, "utf8")).packages;
}

const stampFile = join(repository, ".cache", "built-from");

/** Builds `dist/` unless it was built from these very sources. */
export async function ensureBuilt() {
  const [stamp, builtFrom, there] = await Promise.all([
    hashSources(),
    readFile(stampFile, "utf8").catch(() => ""),
    access(join(repository, "dist", "longshore.js")).then(
      () => true,
      () => false,
    ),
  ]);
  if (there && stamp === builtFrom) return;
  say("building dist/");
  await runStep(process.execPath, [join(repository, "scripts", "build.mjs")], { cwd: repository });
}

/**
 * Runs a build, and notes afterwards what it was made from; a build that is not whole is not noted.
 * @param {() => Promise<void>} build
 * @param {{ whole: boolean }} options
 */
export async function noteBuilt(build, { whole }) {
  await rm(stampFile, { force: true });
  const stamp = await hashSources();
  await build();
  if (!whole) return;
  await mkdir(dirname(stampFile), { recursive: true });
  await writeFile(stampFile, stamp);
}

async function hashSources() {
  const inSource = await readdir(join(repository, "src"), { recursive: true, withFileTypes: true });
  const files = inSource
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".test.ts"))
    // Node 20.12 has `parentPath`, later ones have dropped `path`.
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  const builders = [
    "build",
    "build-plugin",
    "bundle-command",
    "bundled-licenses",
    "emit-types",
    "go-snapshot",
    "hcl-parts",
    "hcl-rehearsal",
  ].map((name) => `scripts/${name}.mjs`);
  const others = ["package-lock.json", "tsconfig.json", "tsconfig.build.json", ...builders];
  const hash = createHash("sha256");
  for (const file of [...files, ...others.map((name) => join(repository, name))].sort()) {
    hash
      .update(`${file}\0`)
      .update(await readFile(file))
      .update("\0");
  }
  return hash.digest("hex");
}
