import type { DriverContext } from "../context.ts";
import type { DockerTask } from "./docker-task.ts";
import { TaskStop } from "./task-stop.ts";

/** How long a task may take that ends through no wish of its host. */
const graceMs = 5000;

/** Ends a task that cannot go on; its exit tells why. A task in its start ends when that is done. */
export function endTask(context: DriverContext, task: DockerTask, reason: string): void {
  const { phase } = task.state;
  if (phase === "exited" || phase === "stopping" || task.endReason !== undefined) return;
  task.endReason = reason;
  if (phase === "running") endStarted(context, task);
}

/** What {@link endTask} left to the end of the start. */
export function endStarted(context: DriverContext, task: DockerTask): void {
  if (task.endReason === undefined) return;
  context.emit(task, { type: "note" }, task.endReason);
  task.stop ??= new TaskStop(context, task, { graceMs });
}
