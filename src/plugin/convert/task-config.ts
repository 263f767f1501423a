import type {
  NetworkIsolation,
  NetworkPort,
  TaskConfig,
  TaskNetwork,
  TaskResources,
} from "../../task/index.ts";
import { LongshoreError } from "../../task/index.ts";
import { decodeMessagePack, toRecord } from "../msgpack.ts";
import {
  NetworkIsolationSpec_NetworkIsolationMode as Mode,
  type NetworkIsolationSpec,
  type NetworkResource,
  type TaskConfig as WireTaskConfig,
} from "../proto/generated/nomad/driver.ts";

/** A task as the driver knows it. What an older agent sends nowhere is as if it were empty. */
export function toTaskConfig(wire: WireTaskConfig | undefined): TaskConfig {
  if (wire === undefined || wire.id === "") {
    throw new LongshoreError("invalid", "the agent sent a task without an id");
  }
  return {
    id: wire.id,
    name: wire.name,
    allocId: wire.allocId,
    ...toJob(wire),
    jobName: wire.jobName,
    taskGroupName: wire.taskGroupName,
    nodeName: wire.nodeName,
    nodeId: wire.nodeId,
    driverConfig: readDriverConfig(wire),
    env: Object.fromEntries(wire.env),
    deviceEnv: Object.fromEntries(wire.deviceEnv),
    resources: toResources(wire),
    mounts: wire.mounts.map(({ taskPath, hostPath, readonly, propagationMode }) => ({
      taskPath,
      hostPath,
      readonly,
      propagationMode: propagationMode || undefined,
    })),
    devices: wire.devices.map(({ taskPath, hostPath, cgroupPermissions }) => ({
      taskPath,
      hostPath,
      cgroupPermissions,
    })),
    user: wire.user,
    allocDir: wire.allocDir,
    stdoutPath: wire.stdoutPath,
    stderrPath: wire.stderrPath,
    networkIsolation: toIsolation(wire.networkIsolationSpec),
    dns: wire.dns && {
      servers: wire.dns.servers,
      searches: wire.dns.searches,
      options: wire.dns.options,
    },
  };
}

/**
 * Whose task it is. Old agents tell it to the task alone, in its environment, where a job can write what it
 * likes: that is read only where the agent says nothing.
 */
function toJob(wire: WireTaskConfig): Pick<TaskConfig, "jobId" | "namespace" | "parentJobId"> {
  const { jobId, namespace, parentJobId, env } = wire;
  if (jobId !== "") return { jobId, namespace, parentJobId };
  const read = (name: string): string => env.get(name) ?? "";
  return {
    jobId: read("NOMAD_JOB_ID"),
    namespace: read("NOMAD_NAMESPACE"),
    parentJobId: read("NOMAD_JOB_PARENT_ID"),
  };
}

function readDriverConfig(wire: WireTaskConfig): Readonly<Record<string, unknown>> {
  const what = `the config of task "${wire.name}"`;
  const config = decodeMessagePack(wire.msgpackDriverConfig, what);
  if (config === undefined || config === null) return {};
  const record = toRecord(config);
  if (record === undefined) throw new LongshoreError("invalid", `${what} is no map`);
  return record;
}

function toResources({ resources }: WireTaskConfig): TaskResources {
  const allocated = resources?.allocatedResources;
  const linux = resources?.linuxResources;
  return {
    cpuMhz: allocated?.cpu?.cpuShares ?? linux?.cpuShares ?? 0,
    memoryMb: allocated?.memory?.memoryMb ?? (linux?.memoryLimitBytes ?? 0) / 1024 ** 2,
    memoryMaxMb: allocated?.memory?.memoryMaxMb ?? 0,
    cpusetCpus: linux?.cpusetCpus ?? "",
    percentTicks: linux?.PercentTicks ?? 0,
    ports: (resources?.ports ?? []).map(({ label, value, to, hostIp }) => ({ label, value, to, hostIp })),
    networks: (allocated?.networks ?? []).map(toNetwork),
  };
}

function toNetwork({ ip, reservedPorts, dynamicPorts }: NetworkResource): TaskNetwork {
  const toPort = ({ label, value }: NetworkPort): NetworkPort => ({ label, value });
  return { ip, reservedPorts: reservedPorts.map(toPort), dynamicPorts: dynamicPorts.map(toPort) };
}

const modeNames = new Map<Mode, NetworkIsolation["mode"]>([
  [Mode.HOST, "host"],
  [Mode.GROUP, "group"],
  [Mode.TASK, "task"],
  [Mode.NONE, "none"],
]);

function toIsolation(spec: NetworkIsolationSpec | undefined): NetworkIsolation | undefined {
  if (spec === undefined) return undefined;
  const { mode, path, labels, hostsConfig } = spec;
  const { hostname, address } = hostsConfig ?? { hostname: "", address: "" };
  return {
    mode: modeNames.get(mode) ?? "host",
    path,
    labels: Object.fromEntries(labels),
    hosts: hostname === "" || address === "" ? undefined : { hostname, address },
  };
}

/** A group's network for the agent. */
export function fromIsolation({ mode, path, labels }: NetworkIsolation): NetworkIsolationSpec {
  const found = [...modeNames].find(([, name]) => name === mode);
  return {
    mode: found?.[0] ?? Mode.HOST,
    path,
    labels: new Map(Object.entries(labels)),
    hostsConfig: undefined,
  };
}
