// @ts-check
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const source = fileURLToPath(new URL("../src/jobfile/hcl", import.meta.url));
const artifact = join(source, "hcl.wasm");
const versionFile = join(source, "go-version.txt");

/**
 * Builds src/jobfile/hcl/hcl.wasm from the Go program beside it, with the wasm_exec.js of the same Go. `--check` builds
 * to a temporary folder and compares byte for byte, where the Go that built the artifact is found.
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

/** @param {string} output */
function build(output) {
  go("build", "-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o", output, ".");
}

/** Go's own loader, which must be of the Go that built the artifact. */
function loader() {
  return join(go("env", "GOROOT"), "lib", "wasm", "wasm_exec.js");
}

/** @param {string} version */
function write(version) {
  const folder = mkdtempSync(join(tmpdir(), "longshore-hcl-"));
  try {
    build(join(folder, "hcl.wasm"));
    // A copy, as what Go writes is marked as a program.
    writeFileSync(artifact, readFileSync(join(folder, "hcl.wasm")), { mode: 0o644 });
    copyFileSync(loader(), join(source, "wasm_exec.js"));
    writeFileSync(versionFile, `${version}\n`);
    console.log(`built ${artifact} with ${version}`);
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
    build(join(folder, "hcl.wasm"));
    const same =
      readFileSync(join(folder, "hcl.wasm")).equals(readFileSync(artifact)) &&
      readFileSync(loader()).equals(readFileSync(join(source, "wasm_exec.js")));
    if (same) {
      console.log("hcl.wasm is what its source makes");
    } else {
      console.error(
        "hcl.wasm is not what its source makes; run node scripts/build-hcl.mjs and commit the result",
      );
      process.exitCode = 1;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

main();
