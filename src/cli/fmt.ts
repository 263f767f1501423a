import { randomBytes } from "node:crypto";
import { readFile, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { formatJobFile } from "../jobfile/index.ts";
import type { Command, CommandIo } from "./command-io.ts";
import { exitCodes } from "./exit-code.ts";
import { toSource } from "./load-job.ts";

/**
 * `longshore fmt FILE...`: formats files in place, stdin to stdout, and lists what it changed. With `-check` it
 * lists what is not formatted, and answers 1 if there is any. A file that cannot be read stops it.
 */
export const fmt: Command = async (input, io) => {
  const check = input.on("check");
  let unformatted = 0;
  for (const file of input.words) {
    const changed = file === "-" ? await formatStdin(check, io) : await formatFile(file, check);
    if (!changed) continue;
    unformatted++;
    if (file !== "-") io.screen.output(`${file}\n`);
  }
  return check && unformatted > 0 ? exitCodes.failed : exitCodes.ok;
};
