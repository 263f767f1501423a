// @ts-check
import { chmod, writeFile } from "node:fs/promises";
import { build } from "esbuild";
import { toLicenseText } from "./bundled-licenses.mjs";

/**
 * The file is copied into folders where a package.json may or may not call it a module: `import()` is understood both
 * ways. What is needed before Node.js 20 is told in the form that an agent logs.
 */
const head = `#!/usr/bin/env node
if (Number(process.versions.node.split(".")[0]) < 20) {
  process.stderr.write(JSON.stringify({
    "@level": "error",
    "@message": "the docker plugin needs Node.js 20.12 or later; the agent's PATH leads to " + process.execPath + " " + process.version,
    "@timestamp": new Date().toISOString().replace("Z", "000Z"),
  }) + "\\n");
  process.exit(1);
}
import("node:module").then(({ createRequire }) => {
const require = createRequire(process.argv[1]);
`;

/**
 * Makes the plugin for Nomad's agents: one executable file with everything inside, licences included.
 * @param {{ repository: string, outfile: string }} place
 */
export async function buildPlugin({ repository, outfile }) {
  const { outputFiles, metafile } = await build({
    absWorkingDir: repository,
    entryPoints: ["src/plugin/main.ts"],
    outfile,
    bundle: true,
    format: "iife",
    platform: "node",
    target: "node20.12",
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: "none",
    metafile: true,
    write: false,
    logLevel: "warning",
  });
  const code = outputFiles.map(({ text }) => text).join("");
  const licenses = await toLicenseText(repository, Object.keys(metafile.inputs));
  await writeFile(outfile, `${head}${code}});\n/*\n${licenses.replaceAll("*/", "* /")}*/\n`);
  await chmod(outfile, 0o755);
}
