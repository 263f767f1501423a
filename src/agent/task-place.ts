import { join } from "node:path";
import type { Job, Task, TaskGroup, VolumeMount } from "../jobfile/job.ts";
import {
  LongshoreError,
  type NetworkIsolation,
  OptionsError,
  type TaskConfig,
  type TaskMount,
  type TaskResources,
} from "../task/index.ts";
import type { NodeFacts, TaskRef } from "./agent.ts";
import type { AgentSettings } from "./agent-options.ts";
import { toLogsDir } from "./alloc-dir.ts";
import type { AllocPorts } from "./alloc-ports.ts";
import { toCpuset } from "./cores.ts";
import { interpolateDeep, type Lookup } from "./interpolate.ts";
import { toNodeReferences } from "./machine.ts";
import { problemsOf } from "./problems.ts";
import { type AllocIdentity, buildTaskEnv, containerDirs, type EnvDirs, type TaskEnv } from "./task-env.ts";

/** One task of one allocation, with all that is known of it before it starts. */
export interface TaskPlace {
  readonly settings: AgentSettings;
  readonly node: NodeFacts;
  readonly job: Job;
  readonly group: TaskGroup;
  readonly task: Task;
  readonly alloc: AllocIdentity;
  readonly ports: AllocPorts;
  readonly cores: readonly number[];
}

/** Which task this is, for events. */
export function toTaskRef({ alloc, group, task }: Pick<TaskPlace, "alloc" | "group" | "task">): TaskRef {
  return {
    allocId: alloc.id,
    allocName: alloc.name,
    group: group.name,
    allocIndex: alloc.index,
    task: task.name,
  };
}

export function toAllocDir(settings: AgentSettings, allocId: string): string {
  return join(settings.dataDir, "alloc", allocId);
}

export function toAllocName(job: Job, group: string, index: number): string {
  return `${job.id}.${group}[${index}]`;
}

/** The task's environment, with the folders' paths as `dirs` has them. */
export function toTaskEnv(
  place: TaskPlace,
  templateEnv: Readonly<Record<string, string>>,
  dirs: EnvDirs = containerDirs,
): TaskEnv {
  const { settings, job } = place;
  const datacenter = settings.datacenter ?? toDatacenter(job);
  return buildTaskEnv({
    ...place,
    dirs,
    datacenter,
    hostAddress: settings.hostAddress,
    cpuMhz: toCpuMhz(place),
    cpuCores: toCpuset(place.cores),
    node: toNodeReferences(place.node, { datacenter, region: job.region }),
    templateEnv,
  });
}

/** What the driver is given. Throws `invalid` for a volume that this machine does not have. */
export function toTaskConfig(
  place: TaskPlace,
  { env, lookup }: TaskEnv,
  start: { readonly taskId: string; readonly network: NetworkIsolation | undefined },
): TaskConfig {
  const { settings, node, job, group, task, alloc } = place;
  const allocDir = toAllocDir(settings, alloc.id);
  const logPath = join(toLogsDir(allocDir), task.name);
  const dns = group.network?.dns;
  return {
    id: start.taskId,
    name: task.name,
    allocId: alloc.id,
    jobId: job.id,
    jobName: job.name,
    taskGroupName: group.name,
    namespace: job.namespace,
    parentJobId: "",
    seedStyle: job.seedStyle,
    nodeName: node.name,
    nodeId: node.id,
    driverConfig: interpolateDeep(task.config, lookup),
    env,
    deviceEnv: {},
    resources: toTaskResources(place),
    mounts: toTaskMounts(place, lookup),
    devices: [],
    user: interpolateDeep(task.user, lookup),
    allocDir,
    stdoutPath: `${logPath}.stdout.0`,
    stderrPath: `${logPath}.stderr.0`,
    ...(start.network === undefined ? {} : { networkIsolation: start.network }),
    ...(dns === undefined ? {} : { dns: interpolateDeep(dns, lookup) }),
  };
}

function toDatacenter(job: Job): string {
  return job.datacenters.find((name) => !name.includes("*")) ?? "dc1";
}

/** Reserved cores give their whole speed, whatever `cpu` says. */
function toCpuMhz({ task, settings }: TaskPlace): number {
  const { cores, cpuMhz } = task.resources;
  return cores > 0 ? cores * settings.machine.mhzPerCore : cpuMhz;
}

function toTaskResources(place: TaskPlace): TaskResources {
  const { task, ports, settings } = place;
  const { cores, mhzPerCore } = settings.machine;
  const network = ports.tasks[task.name];
  const cpuMhz = toCpuMhz(place);
  return {
    cpuMhz,
    memoryMb: task.resources.memoryMb,
    memoryMaxMb: task.resources.memoryMaxMb,
    cpusetCpus: toCpuset(place.cores),
    percentTicks: Math.min(1, cpuMhz / (cores * mhzPerCore)),
    ports: ports.group,
    networks: network === undefined ? [] : [network],
  };
}

function toTaskMounts(place: TaskPlace, lookup: Lookup): readonly TaskMount[] {
  const mounts: TaskMount[] = [];
  const problems = place.task.volumeMounts.flatMap((mount, index) =>
    problemsOf(["volume_mount", index, "volume"], () => mounts.push(toTaskMount(mount, place, lookup))),
  );
  if (problems.length > 0) throw new OptionsError(`task "${place.task.name}"`, problems);
  return mounts;
}

function toTaskMount(mount: VolumeMount, { group, settings }: TaskPlace, lookup: Lookup): TaskMount {
  const refuse = (message: string, hint: string): never => {
    throw new LongshoreError("invalid", message, { hint });
  };
  const volume =
    group.volumes.find(({ name }) => name === mount.volume) ??
    refuse(
      `the group has no volume "${mount.volume}"`,
      `The group's volumes: ${listNames(group.volumes.map(({ name }) => name))}.`,
    );
  if (volume.type !== "host")
    refuse(
      `"${volume.name}" is of type "${volume.type}", which needs a Nomad cluster`,
      'On one machine use type "host", or the `mount` block of the task\'s config.',
    );
  const source = interpolateDeep(volume.source, lookup);
  const host =
    (Object.hasOwn(settings.hostVolumes, source) ? settings.hostVolumes[source] : undefined) ??
    refuse(
      `this machine has no host volume "${source}" for "${volume.name}"`,
      `It has: ${listNames(Object.keys(settings.hostVolumes))}. The agent configuration names them: client { host_volume "${source}" { path = "/srv/x" } }.`,
    );
  return {
    taskPath: interpolateDeep(mount.destination, lookup),
    hostPath: typeof host === "string" ? host : host.path,
    readonly: (typeof host !== "string" && host.readOnly) || volume.readOnly || mount.readOnly,
    ...(mount.propagationMode === "" ? {} : { propagationMode: mount.propagationMode }),
  };
}

function listNames(names: readonly string[]): string {
  return names.length === 0 ? "none" : names.map((name) => `"${name}"`).join(", ");
}
