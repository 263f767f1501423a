// @ts-check
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { buildPlugin } from "./build-plugin.mjs";
import { bundleCommand } from "./bundle-command.mjs";
import { toLicenseText } from "./bundled-licenses.mjs";
import { emitTypes } from "./emit-types.mjs";
import { runMain, SetupError } from "./say.mjs";
import { noteBuilt } from "./setup.mjs";
import { repository } from "./tools.mjs";

const dist = join(repository, "dist");

/**
 * Makes `dist/`: the command and the library as bundles without dependencies, the WebAssembly they load, the plugin
 * for Nomad as one file, and the library's types. `--no-types` leaves out the types, for a quick try.
 */
async function main() {
  const whole = !process.argv.includes("--no-types");
  await noteBuilt(() => makeAll(whole), { whole });
}

/** @param {boolean} withTypes */
async function makeAll(withTypes) {
  await rm(dist, { recursive: true, force: true });
  await mkdir(dist, { recursive: true });
  const bundledFiles = await bundle();
  await writeFile(join(dist, "THIRD-PARTY-LICENSES.txt"), await toLicenseText(repository, bundledFiles));
  await buildPlugin({ repository, outfile: join(dist, "docker") });
  if (withTypes) await emitTypes(join(dist, "types"));
}

/** Answers the files that went in, relative to the repository. */
async function bundle() {
  try {
    return [...(await bundleCommand(dist)), ...(await bundleLibrary())];
  } catch (error) {
    throw new SetupError(`dist/ could not be built: ${error instanceof Error ? error.message : error}`);
  }
}

async function bundleLibrary() {
  const { metafile } = await build({
    absWorkingDir: repository,
    entryPoints: { index: "src/index.ts" },
    outdir: dist,
    bundle: true,
    // What few programs need is loaded when they do.
    splitting: true,
    // All in one folder: code looks for its WebAssembly beside itself.
    chunkNames: "[name]-[hash]",
    format: "esm",
    platform: "node",
    target: "node20.12",
    minifySyntax: true,
    legalComments: "none",
    metafile: true,
    // Bundled CommonJS asks for Node's own modules with require.
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module";\nconst require = __createRequire(import.meta.url);',
    },
    logLevel: "warning",
  });
  return Object.keys(metafile.inputs);
}

await runMain(main);
