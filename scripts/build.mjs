// @ts-check
import { spawnSync } from "node:child_process";
import { copyFile, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { repository } from "./tools.mjs";

/**
 * Makes `dist/`: the command and the library as bundles without dependencies, the WebAssembly they load, and the
 * library's types. `--no-types` leaves out the types, for a quick try.
 */
async function main() {
  const dist = join(repository, "dist");
  await rm(dist, { recursive: true, force: true });
  await mkdir(dist, { recursive: true });
  await bundle(dist);
  for (const name of ["hcl.wasm", "wasm_exec.js"]) {
    await copyFile(join(repository, "src", "jobfile", "hcl", name), join(dist, name));
  }
  if (!process.argv.includes("--no-types")) emitTypes();
}

/** @param {string} dist */
async function bundle(dist) {
  const entryPoints = {
    longshore: join(repository, "src", "cli", "main.ts"),
    index: join(repository, "src", "index.ts"),
  };
  await build({
    entryPoints,
    outdir: dist,
    bundle: true,
    // What a subcommand alone needs is loaded when it runs.
    splitting: true,
    chunkNames: "chunks/[name]-[hash]",
    format: "esm",
    platform: "node",
    target: "node20.12",
    minifySyntax: true,
    keepNames: true,
    legalComments: "linked",
    // Bundled CommonJS asks for Node's own modules with require.
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module";\nconst require = __createRequire(import.meta.url);',
    },
    logLevel: "warning",
  });
}

function emitTypes() {
  const tsc = join(repository, "node_modules", "typescript", "bin", "tsc");
  const done = spawnSync(process.execPath, [tsc, "-p", join(repository, "tsconfig.build.json")], {
    stdio: "inherit",
  });
  if (done.status !== 0) throw new Error(`types: tsc ended with ${done.status}`);
}

await main();
