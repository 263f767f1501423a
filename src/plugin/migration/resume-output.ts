import { lstat } from "node:fs/promises";
import type { LogSink, TaskConfig } from "../../task/index.ts";
import {
  createDirectOutput,
  type DirectLogsOptions,
  hasDirectOutput,
  removeDirectNote,
} from "../direct-logs.ts";
import { createCollectedOutput } from "../output/collected-output.ts";
import { hasFifoOutput, removeFifoNote, type TaskOutput } from "../output/fifo-output.ts";
import { readLogTails } from "./log-tails.ts";
import { createTakeoverSink } from "./takeover-sink.ts";

export interface ResumeOptions extends Omit<DirectLogsOptions, "resume"> {
  /** Whether the agent's options ask for log files that the driver writes. */
  readonly direct: boolean;
}

/**
 * The output of a task that another process has read so far: an earlier one of this plugin, one with other options,
 * or the built-in driver's. A task that began with the agent's log collector keeps it as long as that reads.
 */
export async function resumeOutput(task: TaskConfig, options: ResumeOptions): Promise<TaskOutput> {
  // Opening an output makes its note, so look first. Of two notes the stand-in's is the later one.
  const wasDirect = await hasDirectOutput(task);
  const wasCollected = !wasDirect && hasFifoOutput(task);
  if (!wasCollected) removeFifoNote(task);
  if (options.direct && (wasDirect || !(await isFifo(task.stdoutPath)))) {
    const output = await createDirectOutput(task, { ...options, resume: true });
    return wasDirect ? output : await takeOver(task, output);
  }
  await removeDirectNote(task);
  const output = createCollectedOutput(task, { ...options, resume: true });
  return wasCollected ? output : await takeOver(task, output);
}

/** For output of which this plugin has no note how much is kept: the log files tell. */
async function takeOver(task: TaskConfig, output: TaskOutput): Promise<TaskOutput> {
  const sink: LogSink = createTakeoverSink(output.sink, await readLogTails(task));
  return {
    sink,
    position: undefined,
    get fds() {
      return output.fds ?? [];
    },
    close: () => output.close(),
    remove: () => output.remove(),
  };
}

async function isFifo(path: string): Promise<boolean> {
  return await lstat(path).then(
    (found) => found.isFIFO(),
    () => false,
  );
}
