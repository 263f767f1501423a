import type { DriverContext } from "../context.ts";
import type { DockerTask } from "./docker-task.ts";

/** Waits until an ended task's output is with its host; resolves to false when that takes nothing for too long. */
export async function drainLogs(context: DriverContext, task: DockerTask): Promise<boolean> {
  for (;;) {
    const { logs } = task;
    const isTaken = (await logs?.isTaken(context.outputLimits.readerStuckMs)) ?? true;
    // Another sink may have taken over meanwhile.
    if (task.logs === logs) return isTaken;
  }
}

/** The same for whoever reads the output besides the host. */
export async function drainFollowers(
  { outputLimits }: DriverContext,
  { followers }: DockerTask,
): Promise<void> {
  await Promise.all([...followers].map((each) => each.isTaken(outputLimits.readerStuckMs)));
}

/** Tells what a task's host has not taken of its output, now that nobody can any more. */
export function giveUpLogs({ outputLimits }: DriverContext, { logs }: DockerTask): void {
  logs?.giveUp(`its reader has taken nothing for ${outputLimits.readerStuckMs / 1000} s`);
}
