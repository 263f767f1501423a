import { type DestroyOptions, isLongshoreError, LongshoreError } from "../../task/index.ts";
import type { DriverContext } from "../context.ts";
import { pause, unlessAborted } from "../waiting.ts";
import type { DockerTask } from "./docker-task.ts";
import { drainFollowers, drainLogs, giveUpLogs } from "./drain-logs.ts";
import { TaskStop } from "./task-stop.ts";

const attempts = 6;
const firstDelayMs = 50;

/** Removes a task's container with its anonymous volumes and lets go of its image. Running ones need `force`. */
export async function destroyTask(
  context: DriverContext,
  task: DockerTask,
  options: DestroyOptions,
): Promise<void> {
  if (task.state.phase !== "exited") {
    if (!options.force) {
      const hint = "Stop it first, or destroy it by force.";
      throw new LongshoreError("conflict", `task "${task.config.name}" is running and cannot be destroyed`, {
        hint,
      });
    }
    await unlessAborted(killTask(context, task), options.signal);
  }
  const isTaken = await unlessAborted(drainLogs(context, task), options.signal);
  await unlessAborted(drainFollowers(context, task), options.signal);
  if (context.agent.gc.container) {
    await removeContainer(context, task.containerId, options.signal);
    context.emit(task, { type: "removed", containerId: task.containerId });
  }
  if (!isTaken) giveUpLogs(context, task);
  task.lease?.release();
  context.byContainer.delete(task.containerId);
}

async function killTask(context: DriverContext, task: DockerTask): Promise<void> {
  if (task.stop === undefined) task.stop = new TaskStop(context, task, { graceMs: 0 });
  else task.stop.hasten(0);
  await task.stop.done;
}

/** A removal that someone else has begun is a conflict until it is done. */
async function removeContainer(
  { engine }: DriverContext,
  id: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await engine.removeContainer(id, { force: true, signal });
    } catch (error) {
      if (!isLongshoreError(error, "conflict") || attempt === attempts) throw error;
      await pause(firstDelayMs * 2 ** (attempt - 1), signal);
    }
  }
}
