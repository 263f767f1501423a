// @ts-check
import { join } from "node:path";
import { ensureEngine } from "./engine-setup.mjs";
import { runProgram } from "./run-program.mjs";
import { runMain } from "./say.mjs";
import { checkNode, ensureBuilt, ensureDependencies } from "./setup.mjs";
import { repository } from "./tools.mjs";

/**
 * `npm run bench [-- --only start] [--json]`: bundles the benchmark as the command is bundled, and runs it.
 * `npm run bench:nomad [-- start]`: the same with the one of the drivers under a Nomad agent.
 */
async function main() {
  const isNomad = process.argv[2] === "nomad";
  checkNode();
  await ensureDependencies();
  if (!process.argv.includes("--help")) {
    await ensureBuilt();
    await ensureEngine();
  }
  const { build } = await import("esbuild");
  // One folder deep, like the scripts: they find the repository by their own place.
  const outfile = join(repository, ".cache", isNomad ? "bench-nomad.mjs" : "bench.mjs");
  await build({
    absWorkingDir: repository,
    entryPoints: [isNomad ? "bench/nomad/main.ts" : "bench/main.ts"],
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
  // What npm installs as `longshore`.
  const command = join(repository, "dist", "main.cjs");
  const args = isNomad
    ? [outfile, ...process.argv.slice(3)]
    : ["--expose-gc", outfile, "--command", command, ...process.argv.slice(2)];
  // The benchmark hears Ctrl-C too, and removes what it has made.
  process.on("SIGINT", () => undefined);
  process.exitCode = (await runProgram(process.execPath, args)).code;
}

await runMain(main);
