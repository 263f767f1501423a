import type { LogChunk, TaskConfig } from "../../task/index.ts";
import { createDirectOutput, type DirectLogsOptions } from "../direct-logs.ts";
import { readLogTails } from "../migration/log-tails.ts";
import { createFifoOutput, type TaskOutput } from "./fifo-output.ts";

/**
 * Output for the agent's log collector. While that does not read, its files are written in its place: what users read
 * is complete and in order either way.
 */
export function createCollectedOutput(task: TaskConfig, options: DirectLogsOptions): TaskOutput {
  const { resume, onNote } = options;
  const createStandIn = async () => await createDirectOutput(task, { ...options, resume: false });
  const readTail = async (stream: LogChunk["stream"]) => (await readLogTails(task))[stream]?.data;
  return createFifoOutput(task, { resume, createStandIn, readTail, onNote });
}
