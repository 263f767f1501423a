// @ts-check
import { createHash } from "node:crypto";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { copyHclParts } from "./hcl-parts.mjs";
import { repository } from "./tools.mjs";

/** What `main` loads when it needs it, each as one file: a folder of small modules takes 20 ms more to load. */
const parts = { "command-line": "src/cli/command-line.ts", "run-plugin": "src/plugin/run-plugin.ts" };

/** For `node dist/longshore.js`. What is installed is main.cjs itself: CommonJS starts 8 ms quicker than a module. */
const entry = `#!/usr/bin/env node
import { createRequire } from "node:module";
createRequire(import.meta.url)("./main.cjs");
`;

/** @type {import("esbuild").BuildOptions} */
const common = {
  absWorkingDir: repository,
  bundle: true,
  format: "cjs",
  outExtension: { ".js": ".cjs" },
  platform: "node",
  target: "node20.12",
  // Parts of this bundle and of Node.js are asked for with require.
  supported: { "dynamic-import": false },
  minifySyntax: true,
  legalComments: "none",
  metafile: true,
  define: { "import.meta.url": "__moduleUrl" },
  banner: { js: 'const __moduleUrl = require("node:url").pathToFileURL(__filename).href;' },
  logLevel: "warning",
};

/**
 * Makes the command in a folder, with the WebAssembly it loads: `longshore.js` and what belongs to it.
 * @param {string} outdir
 * @returns {Promise<string[]>} the files that went in, relative to the repository
 */
export async function bundleCommand(outdir) {
  const [loaded] = await Promise.all([
    build({ ...common, outdir, entryPoints: parts }),
    copyHclParts(outdir),
  ]);
  const main = await build({
    ...common,
    outdir,
    entryPoints: { main: "src/cli/main.ts" },
    define: {
      ...common.define,
      __commandLineDigest: JSON.stringify(await digest(outdir, "command-line.cjs")),
    },
    plugins: [leaveParts],
  });
  const file = join(outdir, "longshore.js");
  await writeFile(file, entry);
  await chmod(file, 0o755);
  return [loaded, main].flatMap(({ metafile }) => Object.keys(metafile?.inputs ?? {}));
}

/**
 * @param {string} folder
 * @param {string} name
 */
async function digest(folder, name) {
  return createHash("sha256")
    .update(await readFile(join(folder, name)))
    .digest("hex");
}

/** @type {import("esbuild").Plugin} */
const leaveParts = {
  name: "leave-parts",
  setup({ onResolve }) {
    onResolve({ filter: /\/run-plugin\.ts$/ }, ({ path, kind }) =>
      kind === "dynamic-import"
        ? { path: `./${path.replace(/^.*\/(.*)\.ts$/, "$1.cjs")}`, external: true }
        : undefined,
    );
  },
};
