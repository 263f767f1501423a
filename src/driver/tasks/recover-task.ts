import type { ContainerInspect } from "../../engine/index.ts";
import {
  type DriverState,
  isLongshoreError,
  LongshoreError,
  type RecoverOptions,
  type TaskHandle,
} from "../../task/index.ts";
import type { DriverContext } from "../context.ts";
import { toSandboxId } from "../networks/network-container.ts";
import type { DockerTask, TaskContainer } from "./docker-task.ts";
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
  const { openings } = context.watch;
  const found = await find(context, task, handle.driverState, signal);
  task.container = { id: found.id, tty: found.tty };
  task.network = network;
  task.lease = context.images.hold(found.image);
  task.apply({ type: "started", at: found.startedAt });
  if (!found.runs) task.hearDeath();
  readTaskLogs(context, task, options);
  // It may have ended while it was looked at: that was heard then, or went by.
  if (task.hasDied || context.watch.openings !== openings) await settleTask(context, task);
  else await checkNetwork(context, task, found, signal);
}

/** The network that it shares with its group; one that the task itself named is its own affair. */
async function checkNetwork(
  { census, networks }: DriverContext,
  task: DockerTask,
  { networkMode }: FoundContainer,
  signal: AbortSignal,
): Promise<void> {
  const joined = networkMode.replace(/^container:/, "");
  if (toSandboxId(task.config.networkIsolation) === undefined || joined === networkMode) return;
  task.sandboxId = joined;
  if ((await census.find(joined, { signal })) === undefined) await networks.check(task, { signal });
}

/** What a recovery must know of its container. */
interface FoundContainer extends TaskContainer {
  readonly image: string;
  readonly startedAt: Date;
  readonly runs: boolean;
  readonly networkMode: string;
}

/** The container as it is when its events are heard already, so that no end of it goes by. */
async function find(
  context: DriverContext,
  task: DockerTask,
  { containerId, container: facts }: DriverState,
  signal: AbortSignal,
): Promise<FoundContainer> {
  const { byContainer, census } = context;
  // A host that knows no id, because the start's answer was lost, gives the container's name.
  const isId = /^[0-9a-f]{64}$/.test(containerId);
  const id = isId ? containerId : (await inspect(context, task, containerId, signal)).id;
  const holder = byContainer.get(id);
  if (holder !== undefined) {
    const message = `the container of task "${task.config.name}" is that of task ${holder.config.id} already`;
    throw new LongshoreError("conflict", message, { retryable: false });
  }
  byContainer.set(id, task);
  try {
    const running = facts && (await census.find(id, { signal }));
    if (facts === undefined || running === undefined) return await inspect(context, task, id, signal);
    return {
      ...facts,
      id,
      startedAt: new Date(facts.startedAt),
      runs: true,
      networkMode: running.networkMode,
    };
  } catch (error) {
    byContainer.delete(id);
    throw error;
  }
}

async function inspect(
  { engine }: DriverContext,
  task: DockerTask,
  containerId: string,
  signal: AbortSignal,
): Promise<FoundContainer> {
  const gone = (why: string, cause?: unknown) =>
    new LongshoreError("not-found", `the container of task "${task.config.name}" ${why}`, { cause });
  try {
    const found = await engine.inspectContainer(containerId, { signal });
    if (found.State.Status !== "created") return toFound(found);
  } catch (error) {
    if (isLongshoreError(error, "not-found")) throw gone("is gone", error);
    throw error;
  }
  await engine.removeContainer(containerId, { force: true, signal });
  throw gone("was never started, and is removed");
}

function toFound({ Id, Created, Config, State, HostConfig }: ContainerInspect): FoundContainer {
  return {
    id: Id,
    tty: Config.Tty,
    image: Config.Image,
    startedAt: parseEngineDate(State.StartedAt) ?? new Date(Created),
    runs: State.Running,
    networkMode: HostConfig.NetworkMode,
  };
}
