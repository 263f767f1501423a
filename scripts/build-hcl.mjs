// @ts-check
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { takeSnapshot } from "./go-snapshot.mjs";
import { hclParts, hclFolder as source } from "./hcl-parts.mjs";
import { rehearseReading, rehearseText } from "./hcl-rehearsal.mjs";
import { repository } from "./tools.mjs";

/** The programs in that folder: the build tags that choose between them, and how each is called most. */
const programs = {
  hcl: { tags: "", rehearse: rehearseReading },
  text: { tags: "text", rehearse: rehearseText },
};
const versionFile = join(source, "go-version.txt");

/**
 * Builds the parts of the HCL reader from the Go program beside them: hcl.wasm and text.wasm, each as it is once it has
 * started, with the memory it has then, and the wasm_exec.js of the same Go. `--check` builds to a temporary folder and
 * compares byte for byte, where the Go that built the parts is found.
 */
async function main() {
  const version = goVersion();
  const checking = process.argv.includes("--check");
  const wanted = checking ? readFileSync(versionFile, "utf8").trim() : version;
  if (version === undefined || version !== wanted) {
    const found = version === undefined ? "there is no Go here" : `the Go here is ${version}`;
    if (!checking) throw new Error(`hcl.wasm needs Go to be built: ${found}`);
    console.log(`skipped: hcl.wasm was built with ${wanted}, and ${found}`);
    return;
  }
  if (checking) await check();
  else await write(version);
}

/** @returns {string | undefined} */
function goVersion() {
  const { status, stdout } = spawnSync("go", ["env", "GOVERSION"], {
    encoding: "utf8",
    env: goEnvironment(),
  });
  return status === 0 ? stdout.trim() : undefined;
}

/** Nothing of the user's own settings may change the result. */
function goEnvironment() {
  return {
    ...process.env,
    GOOS: "js",
    GOARCH: "wasm",
    GOFLAGS: "",
    GOTOOLCHAIN: "local",
    CGO_ENABLED: "0",
    GOWORK: "off",
  };
}

/** @param {readonly string[]} args */
function go(...args) {
  const { status, stdout, stderr } = spawnSync("go", args, {
    cwd: source,
    encoding: "utf8",
    env: goEnvironment(),
  });
  if (status !== 0) throw new Error(`go ${args.join(" ")} failed:\n${stderr}`);
  return stdout.trim();
}

/** @param {string} folder */
async function buildParts(folder) {
  const loaderFile = join(folder, "wasm_exec.js");
  copyFileSync(join(go("env", "GOROOT"), "lib", "wasm", "wasm_exec.js"), loaderFile);
  const { createHostScope, goEnv } = await loadHost(folder);
  for (const [name, { tags, rehearse }] of Object.entries(programs)) {
    const program = join(folder, `${name}.go.wasm`);
    const flags = [
      "-mod=readonly",
      "-trimpath",
      "-buildvcs=false",
      `-tags=${tags}`,
      "-ldflags=-s -w -buildid=",
    ];
    go("build", ...flags, "-o", program, ".");
    const host = {
      loader: readFileSync(loaderFile, "utf8"),
      createScope: createHostScope,
      env: goEnv,
      rehearse,
    };
    const { module, memory } = takeSnapshot(readFileSync(program), host);
    writeFileSync(join(folder, `${name}.wasm`), module);
    writeFileSync(join(folder, `${name}.memory`), memory);
  }
}

/**
 * What the programs run on later, too.
 * @param {string} folder
 * @returns {Promise<typeof import("../src/jobfile/hcl-host.ts")>}
 */
async function loadHost(folder) {
  const outfile = join(folder, "hcl-host.mjs");
  const entryPoints = [join(repository, "src", "jobfile", "hcl-host.ts")];
  await build({ entryPoints, outfile, bundle: true, format: "esm", platform: "node", logLevel: "error" });
  return await import(pathToFileURL(outfile).href);
}

/** @param {string} version */
async function write(version) {
  const folder = mkdtempSync(join(tmpdir(), "longshore-hcl-"));
  try {
    await buildParts(folder);
    for (const name of hclParts) copyFileSync(join(folder, name), join(source, name));
    writeFileSync(versionFile, `${version}\n`);
    console.log(`built ${hclParts.join(", ")} in ${source} with ${version}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function check() {
  const folder = mkdtempSync(join(tmpdir(), "longshore-hcl-"));
  try {
    if (spawnSync("go", ["mod", "download"], { cwd: source, env: goEnvironment() }).status !== 0) {
      console.log("skipped: the Go modules of hcl.wasm cannot be fetched");
      return;
    }
    await buildParts(folder);
    for (const name of hclParts) compare(name, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param {string} name
 * @param {string} folder of what was built now
 */
function compare(name, folder) {
  if (readFileSync(join(folder, name)).equals(readFileSync(join(source, name)))) {
    console.log(`${name} is what its source makes`);
    return;
  }
  console.error(`${name} is not what its source makes; run node scripts/build-hcl.mjs and commit the result`);
  process.exitCode = 1;
}

await main();
