import { checkTaskOptions } from "../driver/index.ts";
import { type JobSource, type ReadJob, readJobFile } from "../jobfile/index.ts";
import type { CommandInput, CommandIo } from "./command-io.ts";
import { findProblems } from "./plan-tasks.ts";
import { readStdin, stdinName } from "./read-stdin.ts";

/** Reads the job file that a command names, or stdin for `-`, with the variables it was given. */
export async function loadJob(input: CommandInput, io: CommandIo): Promise<ReadJob> {
  const [file = ""] = input.words;
  const source: JobSource = file === "-" ? { name: stdinName, text: await readStdin() } : { file };
  return readJobFile(source, {
    vars: input.texts("var"),
    varFiles: input.texts("var-file"),
    env: io.env,
    checkConfig: checkTaskOptions,
    checkJob: (job) => findProblems(input, io, job),
  });
}
