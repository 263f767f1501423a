import { isLongshoreError, LongshoreError, type RecoverOptions, type TaskHandle } from "../../task/index.ts";
import type { DriverContext } from "../context.ts";
import type { DockerTask } from "./docker-task.ts";
import { parseEngineDate } from "./exit-result.ts";
import { settleTask } from "./settle.ts";
import { readTaskLogs } from "./task-logs.ts";

const handleVersion = 1;

/** Takes up a task whose container was started before; its exit is told also when it ended meanwhile. */
export async function recoverTask(
  context: DriverContext,
  task: DockerTask,
  handle: TaskHandle,
  options: RecoverOptions,
): Promise<void> {
  const { containerId, network } = handle.driverState;
  if (handle.version !== handleVersion || containerId === "") {
    throw new LongshoreError("invalid", `the handle of task "${task.config.name}" is of an unknown form`);
  }
  const signals = [task.starting.signal, task.signal, options.signal].filter(
    (signal) => signal !== undefined,
  );
  const signal = AbortSignal.any(signals);
  await context.watch.opened({ signal });
  // From here on its end is heard of.
  context.byContainer.set(containerId, task);
  const found = await inspect(context, task, containerId, signal);
  task.container = { id: containerId, tty: found.Config.Tty };
  task.network = network;
  task.lease = context.images.hold(found.Config.Image);
  const startedAt = parseEngineDate(found.State.StartedAt);
  task.apply({ type: "started", at: startedAt ?? new Date(found.Created) });
  if (!found.State.Running) task.died.resolve();
  readTaskLogs(context, task, options);
  if (!found.State.Running) await settleTask(context, task);
}

async function inspect(
  { engine }: DriverContext,
  task: DockerTask,
  containerId: string,
  signal: AbortSignal | undefined,
) {
  const gone = (why: string, cause?: unknown) =>
    new LongshoreError("not-found", `the container of task "${task.config.name}" ${why}`, { cause });
  try {
    const found = await engine.inspectContainer(containerId, { signal });
    if (found.State.Status !== "created") return found;
  } catch (error) {
    if (isLongshoreError(error, "not-found")) throw gone("is gone", error);
    throw error;
  }
  await engine.removeContainer(containerId, { force: true, signal });
  throw gone("was never started, and is removed");
}
