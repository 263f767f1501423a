// @ts-check
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { ensureEngine } from "./engine-setup.mjs";
import { ensureExampleImage } from "./example-image.mjs";
import { runMain } from "./say.mjs";
import { checkNode, ensureBuilt, ensureDependencies } from "./setup.mjs";
import { repository } from "./tools.mjs";

/**
 * `npm start [-- flags and FILE of longshore run]`: sets up what is missing, then runs the job file, by default
 * examples/hello.nomad.hcl, in this process; ends with its exit code.
 */
async function main() {
  const given = process.argv.slice(2);
  const example = join(repository, "examples", "hello.nomad.hcl");
  const args = namesFile(given) ? given : [...given, relative(process.cwd(), example)];
  checkNode();
  await ensureDependencies();
  await ensureBuilt();
  // Who names an engine has one.
  const named = given.some((arg) => /^--?(docker-endpoint|H)(=|$)/.test(arg));
  const socket = named ? undefined : await ensureEngine();
  if (args !== given && socket !== undefined) await ensureExampleImage(socket, example);
  const program = join(repository, "dist", "longshore.js");
  process.argv = [process.execPath, program, "run", ...args];
  await import(pathToFileURL(program).href);
}

/**
 * Whether one of the words is a job file (`-` is standard input).
 * @param {readonly string[]} args
 */
function namesFile(args) {
  const takesValue = /^--?(var|var-file|config|option|data-dir|address|docker-endpoint|H)$/;
  return args.some((arg, index) => !/^-./.test(arg) && !takesValue.test(args[index - 1] ?? ""));
}

await runMain(main);
