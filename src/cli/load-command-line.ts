import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { compileAhead } from "../jobfile/compile-ahead.ts";
import { QuickCompiling } from "../jobfile/quickly.ts";
import { exitCodes } from "./exit-code.ts";
import { loadWithKeptCode, toCodeFolder } from "./kept-code.ts";

/** A digest of the file that the bundler makes of `command-line.ts`, which it puts here. */
declare const __commandLineDigest: string;

const require = createRequire(import.meta.url);
const readingCommands: ReadonlySet<string | undefined> = new Set(["run", "plan", "validate"]);

/** Loads the rest of the command and runs it; what reads job files is compiled meanwhile, which takes as long. */
export async function runLoaded(args: readonly string[]): Promise<never> {
  const quick = new QuickCompiling();
  const compiling = readingCommands.has(args[0]) ? compileAhead(quick) : undefined;
  loadNodeParts();
  const coming = await compiling;
  return await loadCommandLine(args, quick).runCommandLine(args, coming);
}

/** What every command uses of Node.js: it would load slowly while V8 is held. */
function loadNodeParts(): void {
  for (const part of ["crypto", "fs/promises", "http", "child_process"]) require(`node:${part}`);
}

/** The rest of the command, from the file beside this one. */
function loadCommandLine(args: readonly string[], quick: QuickCompiling): typeof import("./command-line.ts") {
  const { env } = process;
  const file = fileURLToPath(new URL("./command-line.cjs", import.meta.url));
  // Node.js's own switch for this.
  if (env.NODE_DISABLE_COMPILE_CACHE) return require(file);
  // V8 takes kept code only where its flags are as they were: for all commands as for those that read.
  using _held = quick.hold();
  const place = { folder: toCodeFolder(env), name: __commandLineDigest };
  const loaded = loadWithKeptCode(file, place, require);
  // A run that came to its end has used nearly all that any command uses.
  if (args[0] === "run" && !loaded.tookKept)
    process.once("exit", (code) => {
      using _held = quick.hold();
      if (code !== exitCodes.usage) loaded.keep();
    });
  return loaded.exports as typeof import("./command-line.ts");
}
