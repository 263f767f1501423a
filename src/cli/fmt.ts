import { randomBytes } from "node:crypto";
import { realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { formatJobFile } from "../jobfile/index.ts";
import { readTextFile } from "../jobfile/read-text.ts";
import { errorMessage, LongshoreError } from "../task/index.ts";
import type { Command, CommandIo } from "./command-io.ts";
import { exitCodes } from "./exit-code.ts";
import { readStdin, stdinName } from "./read-stdin.ts";

/**
 * `longshore fmt FILE...`: formats files in place, stdin to stdout, and lists what it changed. With `-check` it
 * lists what is not formatted, and answers 1 if there is any. The first file that cannot be read stops it.
 */
export const fmt: Command = async (input, io) => {
  const check = input.on("check");
  let unformatted = 0;
  for (const file of input.words) {
    const differs = file === "-" ? await formatStdin(check, io) : await formatFile(file, check);
    if (!differs) continue;
    unformatted++;
    if (file !== "-") io.screen.output(`${file}\n`);
    else if (check) io.screen.output(`${stdinName}\n`);
  }
  return check && unformatted > 0 ? exitCodes.failed : exitCodes.ok;
};

async function formatStdin(check: boolean, io: CommandIo): Promise<boolean> {
  const text = await readStdin();
  const formatted = await formatJobFile(text, stdinName);
  if (!check) io.screen.output(formatted);
  return formatted !== text;
}

async function formatFile(file: string, check: boolean): Promise<boolean> {
  const text = await readTextFile(file);
  const formatted = await formatJobFile(text, file);
  if (formatted === text) return false;
  if (!check) await replaceFile(await realpath(file), formatted);
  return true;
}

/** Nobody sees a file that is half written, and its mode stays. */
async function replaceFile(file: string, text: string): Promise<void> {
  const { mode } = await stat(file);
  const beside = `${file}.${randomBytes(4).toString("hex")}.tmp`;
  try {
    await writeFile(beside, text, { mode: mode & 0o777, flag: "wx" });
    await rename(beside, file);
  } catch (error) {
    await rm(beside, { force: true });
    throw toWriteError(file, error);
  }
}

function toWriteError(file: string, cause: unknown): LongshoreError {
  const why = errorMessage(cause);
  return new LongshoreError("unavailable", `cannot write ${file}: ${why}`, {
    cause,
    hint: "See who may write it and its folder, and whether the disk is full.",
  });
}
