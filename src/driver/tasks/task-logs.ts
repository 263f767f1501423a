import type { LogPosition, LogSink } from "../../task/index.ts";
import type { DriverContext } from "../context.ts";
import { LogReader } from "../logs/log-reader.ts";
import { settlesWithin } from "../waiting.ts";
import type { DockerTask } from "./docker-task.ts";
import { settleTask } from "./settle.ts";

/** How long a `die` event may come after the end of the output it belongs to. */
const dieEventMs = 1000;
/** How long the sink before may take with its last piece when another one takes over. */
const lastWriteMs = 1000;

export interface TaskLogOptions {
  readonly logs?: LogSink | undefined;
  readonly logPosition?: LogPosition | undefined;
}

/** Lets another sink, if there is one, have a task's output from its position on; the one before gets no more. */
export async function handOverLogs(
  context: DriverContext,
  task: DockerTask,
  options: TaskLogOptions,
): Promise<void> {
  if (options.logs === undefined) return;
  const before = task.logs;
  before?.stop();
  if (before !== undefined) await settlesWithin(before.done, lastWriteMs);
  // Of two that come at once the later one has it.
  if (task.logs === before) readTaskLogs(context, task, options);
  else await handOverLogs(context, task, options);
}

/** Begins to copy a task's output to the host's sink, if there is one. */
export function readTaskLogs(context: DriverContext, task: DockerTask, options: TaskLogOptions): void {
  const { engine, agent, watch } = context;
  const { container, signal } = task;
  if (options.logs === undefined || container === undefined || agent.disable_log_collection) return;
  task.logs = new LogReader({
    engine,
    containerId: container.id,
    tty: container.tty,
    sink: options.logs,
    position: options.logPosition,
    mayGoOn: () => stillRuns(context, task),
    engineBack: () => watch.reopened({ signal }),
    onNote: (message) => context.emit(task, { type: "note" }, message),
    signal,
  });
}

/** Usually the `die` event says no; the engine is asked only when none comes. */
async function stillRuns(context: DriverContext, task: DockerTask): Promise<boolean> {
  if (task.hasDied || (await settlesWithin(task.died.promise, dieEventMs))) return false;
  const { signal } = task;
  try {
    const { State } = await context.engine.inspectContainer(task.containerId, { signal });
    // The event got lost: it is not to be waited for.
    if (!State.Running) void settleTask(context, task);
    return State.Running;
  } catch {
    // The next look at the stream tells: it answers not-found, or breaks again.
    return true;
  }
}
