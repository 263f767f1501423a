import type { DriverContext } from "../context.ts";
import { settleTask } from "./settle.ts";
import type { TaskTable } from "./task-table.ts";

/** Tells all tasks that run that the engine has gone, or has come back. */
export function hearEngine(context: DriverContext, tasks: TaskTable, change: "lost" | "found"): void {
  for (const task of tasks.live()) {
    context.emit(task, { type: change === "lost" ? "engine-lost" : "engine-back" });
    // Its end may have been among what was not heard.
    if (change === "found") void settleTask(context, task);
  }
}
