import type { Command } from "./command-io.ts";
import { exitCodes } from "./exit-code.ts";
import { loadJob } from "./load-job.ts";
import { planTasks } from "./plan-tasks.ts";
import { toJsonLine, toJsonWarnings } from "./render/json-events.ts";
import { noteWarnings } from "./render/reporters.ts";
import { countOf } from "./render/text.ts";

/** `longshore validate FILE`: rejects with every error of the file, those that the driver would tell included. */
export const validate: Command = async (input, io) => {
  const read = await loadJob(input, io);
  const tasks = await planTasks(input, io, read);
  const { job } = read;
  if (input.on("json")) {
    const told = { valid: true, jobId: job.id, tasks: tasks.length, warnings: toJsonWarnings(read) };
    io.screen.output(toJsonLine(told));
    return exitCodes.ok;
  }
  noteWarnings(read, io);
  const name = input.words[0] === "-" ? "The job file" : input.words[0];
  io.screen.output(`${name} is valid: job ${job.id} with ${countOf(tasks.length, "task")}.\n`);
  return exitCodes.ok;
};
