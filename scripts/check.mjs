// @ts-check
import { access } from "node:fs/promises";
import { join } from "node:path";
import { findBadArrows } from "./arrows.mjs";
import { runProgram } from "./run-program.mjs";
import { runMain } from "./say.mjs";
import { checkNode, ensureBuilt, ensureDependencies } from "./setup.mjs";
import { repository } from "./tools.mjs";

/** @typedef {{ name: string, run: () => Promise<string | undefined> }} Check answers what is wrong, or nothing */

/** `npm run check`: everything that can be known without running Longshore. All faults at once. */
async function main() {
  checkNode();
  await ensureDependencies();
  const failures = [];
  for (const check of checks) {
    const startedAt = performance.now();
    // A set-up that fails, such as a build, is this check's fault and not the end of the others.
    const problem = await check.run().catch((error) => String(error.message));
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    process.stdout.write(`${problem === undefined ? "ok  " : "FAIL"} ${check.name} (${seconds} s)\n`);
    if (problem !== undefined) failures.push(`\n${check.name}:\n${problem.trim()}\n`);
  }
  process.stdout.write(failures.join(""));
  if (failures.length > 0) process.exitCode = 1;
}

/** @type {readonly Check[]} */
const checks = [
  { name: "types", run: () => runScript("node_modules/typescript/bin/tsc") },
  {
    name: "lint and format",
    run: () => runScript("node_modules/@biomejs/biome/bin/biome", "check", "--error-on-warnings"),
  },
  { name: "import arrows", run: checkArrows },
  { name: "HCL WebAssembly is what its source makes", run: checkHcl },
  { name: "package", run: checkPackage },
];

/** @param {string} script relative to the repository @param {readonly string[]} args */
async function runScript(script, ...args) {
  const path = join(repository, script);
  const { code, output } = await runProgram(process.execPath, [path, ...args], {
    cwd: repository,
    quiet: true,
  });
  return code === 0 ? undefined : output;
}

async function checkArrows() {
  const lines = await findBadArrows(join(repository, "src"));
  return lines.length === 0 ? undefined : lines.join("\n");
}

async function checkHcl() {
  await access(join(repository, "scripts", "build-hcl.mjs"));
  return await runScript("scripts/build-hcl.mjs", "--check");
}

/** What publint says of the packed package; it looks at dist/ too. */
async function checkPackage() {
  await ensureBuilt();
  return await runScript("node_modules/publint/src/cli.js", "--strict");
}

await runMain(main);
