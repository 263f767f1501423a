// @ts-check
import { join } from "node:path";
import { ensureEngine } from "./engine-setup.mjs";
import { runProgram } from "./run-program.mjs";
import { runMain } from "./say.mjs";
import { checkNode, ensureBuilt, ensureDependencies } from "./setup.mjs";
import { repository } from "./tools.mjs";

/** `npm run bench [-- --only start] [--json]`: bundles the benchmark as the command is bundled, and runs it. */
async function main() {
  checkNode();
  await ensureDependencies();
  await ensureBuilt();
  await ensureEngine();
  const { build } = await import("esbuild");
  // One folder deep, like the scripts: they find the repository by their own place.
  const outfile = join(repository, ".cache", "bench.mjs");
  await build({
    absWorkingDir: repository,
    entryPoints: ["bench/main.ts"],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20.12",
    logLevel: "warning",
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module";\nconst require = __createRequire(import.meta.url);',
    },
  });
  const command = join(repository, "dist", "longshore.js");
  const args = ["--expose-gc", outfile, "--command", command, ...process.argv.slice(2)];
  process.exitCode = (await runProgram(process.execPath, args)).code;
}

await runMain(main);
