import type { TaskConfig } from "../../task/index.ts";
import { createDirectOutput, type DirectLogsOptions } from "../direct-logs.ts";
import { readShownLimits } from "../migration/shown-limits.ts";
import { createFifoOutput, type TaskOutput } from "./fifo-output.ts";

/**
 * A new task's output for the agent's log collector. While that does not read, its files are written in its place:
 * what users read is complete and in order either way.
 */
export function createCollectedOutput(task: TaskConfig, options: DirectLogsOptions): TaskOutput {
  const createStandIn = async () => {
    const limits = await readShownLimits(task, options.limits);
    return await createDirectOutput(task, { ...options, limits, resume: false });
  };
  return createFifoOutput(task, { createStandIn, onNote: options.onNote });
}
