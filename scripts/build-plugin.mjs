// @ts-check
import { chmod, writeFile } from "node:fs/promises";
import { build } from "esbuild";
import { toLicenseText } from "./bundled-licenses.mjs";

const needed = "the docker plugin needs Node.js 20.12 or later";

/**
 * A shell script that starts Node.js on itself, where there is one; for JavaScript it is a text and a comment. What
 * is wrong is told in the form that an agent logs, and without what Node.js before 14 does not understand.
 */
const head = `#!/bin/sh
":" //; command -v node >/dev/null || { echo '{"@level":"error","@message":"${needed}, and there is no node in the PATH of the agent: install it, or add its folder to the PATH of the agent and restart that","@timestamp":"'"$(date -u +%Y-%m-%dT%H:%M:%S).000000Z"'"}' >&2; exit 1; }; exec node "$0" "$@"
var version = process.versions.node.split(".").map(Number);
if (version[0] < 20 || (version[0] === 20 && version[1] < 12)) {
  process.stderr.write(JSON.stringify({
    "@level": "error",
    "@message": "${needed}, and the PATH of the agent leads to " + process.execPath + " " + process.version + ": upgrade it, or put another one first in the PATH of the agent and restart that",
    "@timestamp": new Date().toISOString().replace("Z", "000Z"),
  }) + "\\n");
  process.exit(1);
}
`;

/**
 * The code as a text: an old Node.js reads the whole file before it runs its first line, and understands nothing of it.
 * The file is copied into folders where a package.json may or may not call it a module: `import()` is understood both
 * ways.
 * @param {string} code
 */
function toProgram(code) {
  return `import("node:module").then(function (module) {
const require = module.createRequire(process.argv[1]);
eval(${JSON.stringify(code)});
});
`;
}

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
  await writeFile(outfile, `${head}${toProgram(code)}/*\n${licenses.replaceAll("*/", "* /")}*/\n`);
  await chmod(outfile, 0o755);
}
