import { type DestroyOptions, LongshoreError, unlessAborted } from "../../task/index.ts";
import type { DriverContext } from "../context.ts";
import { removeContainer } from "../remove-container.ts";
import type { DockerTask } from "./docker-task.ts";
import { drainFollowers, drainLogs, giveUpLogs } from "./drain-logs.ts";
import { TaskStop } from "./task-stop.ts";

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
    await removeContainer(context.engine, task.containerId, options);
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
