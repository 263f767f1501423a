import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { exitCodes } from "./exit-code.ts";
import { loadWithKeptCode, toCodeFolder } from "./kept-code.ts";

/** A digest of the file that the bundler makes of `command-line.ts`, which it puts here. */
declare const __commandLineDigest: string;

/** The rest of the command, from the file beside this one. */
export function loadCommandLine(args: readonly string[]): typeof import("./command-line.ts") {
  const { env } = process;
  const file = fileURLToPath(new URL("./command-line.cjs", import.meta.url));
  const require = createRequire(import.meta.url);
  // Node.js's own switch for this.
  if (env.NODE_DISABLE_COMPILE_CACHE) return require(file);
  const place = { folder: toCodeFolder(env), name: __commandLineDigest };
  const loaded = loadWithKeptCode(file, place, require);
  // A run that came to its end has used nearly all that any command uses.
  if (args[0] === "run" && !loaded.tookKept)
    process.once("exit", (code) => {
      if (code !== exitCodes.usage) loaded.keep();
    });
  return loaded.exports as typeof import("./command-line.ts");
}
