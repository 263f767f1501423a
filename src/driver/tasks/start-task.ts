import type { EngineInfo } from "../../engine/index.ts";
import {
  isLongshoreError,
  type StartedTask,
  type StartOptions,
  settlesWithin,
  type TaskConfig,
  unlessAborted,
} from "../../task/index.ts";
import { hostLabel } from "../container/labels.ts";
import { isUserNetwork } from "../container/network.ts";
import { type ContainerPlan, type PlanContext, planContainer } from "../container/plan-container.ts";
import type { EngineFacts } from "../container/planning.ts";
import type { DriverContext } from "../context.ts";
import { toSandboxId } from "../networks/network-container.ts";
import type { TaskOptions } from "../options/task-options.ts";
import { Rollback } from "../rollback.ts";
import type { DockerTask } from "./docker-task.ts";
import { endStarted } from "./end-task.ts";
import { pinNetworkMode } from "./joined-container.ts";
import { type MadeContainer, makeContainer } from "./make-container.ts";
import { settleTask } from "./settle.ts";
import { checkSharedSources } from "./shared-sources.ts";
import { type FailedStep, toStartError } from "./start-error.ts";
import { toAcquireOptions } from "./task-image.ts";
import { readTaskLogs } from "./task-logs.ts";
import { writePlannedFiles } from "./write-files.ts";

/** How long a busy engine may take with what a failed start had asked of it before its undoing is left to later. */
const lateCallMs = 10_000;

/** Brings a task's container up. When it rejects, nothing of it is left, or is removed once the engine is back. */
export async function startTask(
  context: DriverContext,
  task: DockerTask,
  taskOptions: TaskOptions,
  options: StartOptions,
): Promise<StartedTask> {
  const { engine, images, watch, leftovers } = context;
  const signals = [task.starting.signal, task.signal, options.signal].filter(
    (signal) => signal !== undefined,
  );
  const signal = AbortSignal.any(signals);
  await using undo = new Rollback(context.logger);

  const planContext = await readPlanContext(context, signal);
  // What this engine cannot do is told before anything is pulled.
  const wanted = planContainer(task.config, planContext);
  const lease = await images.acquire(toAcquireOptions(context, task, wanted, signal));
  undo.add(() => lease.release());
  await watch.opened({ signal });
  const { openings } = watch;

  const config = await joinNetwork(context, task, taskOptions, signal);
  const plan = planContainer(config, planContext);
  for (const note of plan.notes) context.emit(task, { type: "note" }, note);
  await writePlannedFiles(plan.files);

  const failed = { plan, task: task.config };
  const pinning = pinNetworkMode(context, task.config, plan, { signal });
  const NetworkMode = await explain(context, { ...failed, step: "create" }, pinning);
  const host = context.hostOf(task.config);
  const request = {
    ...plan.request,
    HostConfig: { ...plan.request.HostConfig, NetworkMode },
    Image: lease.reference,
    Labels: { ...plan.request.Labels, ...(host !== "" && { [hostLabel]: host }) },
  };
  checkSharedSources(task.config, plan);
  const making = makeContainer(context, task, plan, request, signal);
  leftovers.forget(plan.name);
  undo.add(() => removeMade(context, task, plan, making));
  const made = await explain(context, { ...failed, step: "create" }, unlessAborted(making, signal));
  for (const warning of made.warnings) context.emit(task, { type: "note" }, warning);
  task.container = { id: made.id, tty: plan.options.tty };
  context.byContainer.set(made.id, task);
  undo.add(() => void context.byContainer.delete(made.id));
  context.emit(task, { type: "created", containerId: made.id });

  if (!made.runs) {
    checkSharedSources(task.config, plan);
    const starting = unlessAborted(engine.startContainer(made.id), signal);
    await explain(context, { ...failed, step: "start" }, starting);
    checkSharedSources(task.config, plan);
  }
  await readNetwork(context, task, plan, signal);
  signal.throwIfAborted();
  undo.keep();
  task.lease = lease;
  task.apply({ type: "started", at: new Date() });
  const addresses = plan.ports.map((port) => `${port.hostIp || "0.0.0.0"}:${port.hostPort}`);
  context.emit(task, { type: "started", containerId: made.id, addresses });
  readTaskLogs(context, task, options);
  endStarted(context, task);
  // The container may have ended before the task was known to run: its event was heard then, or went by.
  if (task.hasDied || watch.openings !== openings) void settleTask(context, task);
  return { handle: task.toHandle(), network: task.network };
}

/** The task as it is in the network that its group has now. */
async function joinNetwork(
  { networks }: DriverContext,
  task: DockerTask,
  options: TaskOptions,
  signal: AbortSignal,
): Promise<TaskConfig> {
  if (options.network_mode !== undefined) return task.config;
  const networkIsolation = await networks.ready(task.config, { signal });
  task.sandboxId = toSandboxId(networkIsolation);
  return { ...task.config, networkIsolation };
}

async function readPlanContext(context: DriverContext, signal: AbortSignal): Promise<PlanContext> {
  const { agent, topology, engine, watch } = context;
  const [info, apiVersion] = await Promise.all([watch.opened({ signal }), engine.apiVersion({ signal })]);
  return { agentOptions: agent, topology, engine: toEngineFacts(info, apiVersion) };
}

/** What a plan must know of an engine. */
function toEngineFacts(info: EngineInfo, apiVersion: string): EngineFacts {
  return {
    cgroupVersion: info.CgroupVersion === "2" ? 2 : 1,
    osType: info.OSType,
    memoryBytes: info.MemTotal,
    apiVersion,
    runtimes: Object.keys(info.Runtimes),
    logDrivers: info.Plugins?.Log ?? undefined,
  };
}

async function explain<T>(context: DriverContext, failed: FailedStep, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw await toStartError(context, failed, error);
  }
}

/**
 * Removes what a create call made or may have made: an answer that got lost, or that nobody waits for any more,
 * may stand for a container.
 */
async function removeMade(
  context: DriverContext,
  task: DockerTask,
  plan: ContainerPlan,
  making: Promise<MadeContainer>,
): Promise<void> {
  const remove = async () => {
    const failure = await making.then(
      () => undefined,
      (error: unknown) => error,
    );
    const wasRefused =
      failure !== undefined &&
      !isLongshoreError(failure, "unavailable") &&
      !isLongshoreError(failure, "timeout");
    if (!wasRefused) await context.leftovers.remove(plan.name, task.config.allocId);
  };
  const removing = remove();
  context.leftovers.follow(removing);
  removing.catch((error: unknown) => context.logger.warn("a container could not be removed", { error }));
  await settlesWithin(removing, lateCallMs);
}

/** The container's own address, asked for only where a host has a use for it. */
async function readNetwork(
  { engine }: DriverContext,
  task: DockerTask,
  plan: ContainerPlan,
  signal: AbortSignal,
): Promise<void> {
  const { advertise_ipv6_address, port_map } = plan.options;
  const userNetwork = isUserNetwork(plan.networkMode);
  if (!userNetwork && !advertise_ipv6_address && Object.keys(port_map).length === 0) return;
  const { NetworkSettings } = await engine.inspectContainer(task.containerId, { signal });
  const [network] = Object.values(NetworkSettings.Networks);
  const ip = (advertise_ipv6_address ? network?.GlobalIPv6Address : network?.IPAddress) ?? "";
  const autoAdvertise = ip !== "" && (userNetwork || advertise_ipv6_address);
  const portMap = Object.fromEntries(plan.ports.map((port) => [port.label, port.containerPort]));
  task.network = { portMap, ip, autoAdvertise };
}
