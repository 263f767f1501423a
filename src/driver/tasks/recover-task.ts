import type { ContainerInspect } from "../../engine/index.ts";
import {
  isLongshoreError,
  LongshoreError,
  type RecoverOptions,
  type TaskConfig,
  type TaskHandle,
} from "../../task/index.ts";
import type { DriverContext } from "../context.ts";
import { toSandboxId } from "../networks/network-container.ts";
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
  const found = await find(context, task, containerId, signal);
  task.container = { id: found.Id, tty: found.Config.Tty };
  task.network = network;
  task.lease = context.images.hold(found.Config.Image);
  const startedAt = parseEngineDate(found.State.StartedAt);
  task.apply({ type: "started", at: startedAt ?? new Date(found.Created) });
  if (!found.State.Running) task.hearDeath();
  readTaskLogs(context, task, options);
  if (found.State.Running) {
    task.sandboxId = toJoined(handle.config, found);
    await context.networks.check(task, { signal });
  } else await settleTask(context, task);
}

/** The container whose network it shares with its group; one that the task itself named is its own affair. */
function toJoined({ networkIsolation }: TaskConfig, found: ContainerInspect): string | undefined {
  const joined = found.HostConfig.NetworkMode.replace(/^container:/, "");
  return toSandboxId(networkIsolation) !== undefined && joined !== found.HostConfig.NetworkMode
    ? joined
    : undefined;
}

/** The container as it is when its events are heard already, so that no end of it goes by. */
async function find(
  context: DriverContext,
  task: DockerTask,
  containerId: string,
  signal: AbortSignal,
): Promise<ContainerInspect> {
  const { byContainer } = context;
  // A host that knows no id, because the start's answer was lost, gives the container's name.
  const isId = /^[0-9a-f]{64}$/.test(containerId);
  const id = isId ? containerId : (await inspect(context, task, containerId, signal)).Id;
  const holder = byContainer.get(id);
  if (holder !== undefined) {
    const message = `the container of task "${task.config.name}" is that of task ${holder.config.id} already`;
    throw new LongshoreError("conflict", message, { retryable: false });
  }
  byContainer.set(id, task);
  try {
    return await inspect(context, task, id, signal);
  } catch (error) {
    byContainer.delete(id);
    throw error;
  }
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
