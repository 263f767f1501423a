// @ts-check
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const source = fileURLToPath(new URL("../src/jobfile/hcl", import.meta.url));
/** The programs in that folder, by the build tags that choose between them. */
const artifacts = { "hcl.wasm": "", "text.wasm": "text" };
const versionFile = join(source, "go-version.txt");

/**
 * Builds src/jobfile/hcl/hcl.wasm and text.wasm from the Go program beside them, with the wasm_exec.js of the same Go.
 * `--check` builds to a temporary folder and compares byte for byte, where the Go that built the artifacts is found.
 */
function main() {
  const version = goVersion();
  const checking = process.argv.includes("--check");
  const wanted = checking ? readFileSync(versionFile, "utf8").trim() : version;
  if (version === undefined || version !== wanted) {
    const found = version === undefined ? "there is no Go here" : `the Go here is ${version}`;
    if (!checking) throw new Error(`hcl.wasm needs Go to be built: ${found}`);
    console.log(`skipped: hcl.wasm was built with ${wanted}, and ${found}`);
    return;
  }
  if (checking) check();
  else write(version);
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
function build(folder) {
  for (const [name, tags] of Object.entries(artifacts)) {
    go(
      "build",
      "-mod=readonly",
      "-trimpath",
      "-buildvcs=false",
      `-tags=${tags}`,
      "-ldflags=-s -w -buildid=",
      "-o",
      join(folder, name),
      ".",
    );
  }
}

/** Go's own loader, which must be of the Go that built the artifact. */
function loader() {
  return join(go("env", "GOROOT"), "lib", "wasm", "wasm_exec.js");
}

/** @param {string} version */
function write(version) {
  const folder = mkdtempSync(join(tmpdir(), "longshore-hcl-"));
  try {
    build(folder);
    // Copies, as what Go writes is marked as a program.
    for (const name of Object.keys(artifacts))
      writeFileSync(join(source, name), readFileSync(join(folder, name)), { mode: 0o644 });
    copyFileSync(loader(), join(source, "wasm_exec.js"));
    writeFileSync(versionFile, `${version}\n`);
    console.log(`built ${Object.keys(artifacts).join(" and ")} in ${source} with ${version}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function check() {
  const folder = mkdtempSync(join(tmpdir(), "longshore-hcl-"));
  try {
    if (spawnSync("go", ["mod", "download"], { cwd: source, env: goEnvironment() }).status !== 0) {
      console.log("skipped: the Go modules of hcl.wasm cannot be fetched");
      return;
    }
    build(folder);
    copyFileSync(loader(), join(folder, "wasm_exec.js"));
    for (const name of [...Object.keys(artifacts), "wasm_exec.js"]) compare(name, folder);
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

main();
