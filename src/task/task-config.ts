/** A port of the group's network (`network { port }`), mapped by the task's `ports` key. */
export interface PortMapping {
  readonly label: string;
  /** The port on the host. */
  readonly value: number;
  /** The port in the container; 0 means the same as on the host. */
  readonly to: number;
  /** The host address to bind. */
  readonly hostIp: string;
}

/** A port of the task's own network (2015 and 2019 style). */
export interface NetworkPort {
  readonly label: string;
  /** The port on the host. */
  readonly value: number;
  /** The port in the container where the job file's style fixes it (2015's numeric labels). */
  readonly to?: number | undefined;
}

/** The task's own network (`resources { network }`, 2015 and 2019 style). */
export interface TaskNetwork {
  /** The host address to bind. */
  readonly ip: string;
  readonly reservedPorts: readonly NetworkPort[];
  readonly dynamicPorts: readonly NetworkPort[];
}

/** What a task may use of its machine. */
export interface TaskResources {
  /** CPU in MHz; Docker's shares are the same number. */
  readonly cpuMhz: number;
  readonly memoryMb: number;
  /** Upper limit of `memory_max`: 0 when not set, -1 for no limit. */
  readonly memoryMaxMb: number;
  /** Cores reserved for the task, as a Linux cpuset list (`0-1,4`); empty for none. */
  readonly cpusetCpus: string;
  /** The task's share of the machine's compute, 0 to 1 (for cpu_hard_limit). */
  readonly percentTicks: number;
  readonly ports: readonly PortMapping[];
  readonly networks: readonly TaskNetwork[];
}

/** A folder or file of the host that a host adds to a task. */
export interface TaskMount {
  readonly taskPath: string;
  readonly hostPath: string;
  readonly readonly: boolean;
  readonly propagationMode?: string | undefined;
}

/** A device of the host that a host adds to a task. */
export interface TaskDevice {
  readonly taskPath: string;
  readonly hostPath: string;
  readonly cgroupPermissions: string;
}

/** The group's own DNS settings (`network { dns }`). */
export interface DnsConfig {
  readonly servers: readonly string[];
  readonly searches: readonly string[];
  readonly options: readonly string[];
}

/** The network that a group's tasks share; what `createNetwork` answered. */
export interface NetworkIsolation {
  readonly mode: "host" | "group" | "task" | "none";
  /** Path of the network namespace on the host; empty when there is none. */
  readonly path: string;
  /** `docker_sandbox_container_id`, `docker_sandbox_hostname`. */
  readonly labels: Readonly<Record<string, string>>;
  /** The group's own name and address, where the host has wired the network. */
  readonly hosts?: { readonly hostname: string; readonly address: string } | undefined;
}

/**
 * All that a driver needs to run one task. The host fills it in; nothing in it refers to the host.
 * Shape after Nomad's drivers.TaskConfig (plugins/drivers/driver.go).
 */
export interface TaskConfig {
  /** Unique among all tasks of the driver: `<alloc id>/<task name>/<short random>`. */
  readonly id: string;
  readonly name: string;
  readonly allocId: string;
  readonly jobId: string;
  readonly jobName: string;
  readonly taskGroupName: string;
  readonly namespace: string;
  readonly parentJobId: string;
  readonly nodeName: string;
  readonly nodeId: string;
  /** The job file's `config` block, interpolated, not yet checked. Blocks are arrays of objects. */
  readonly driverConfig: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string>>;
  /** Environment that device plugins set. */
  readonly deviceEnv: Readonly<Record<string, string>>;
  readonly resources: TaskResources;
  readonly mounts: readonly TaskMount[];
  readonly devices: readonly TaskDevice[];
  readonly user: string;
  /** The allocation's folder on the host; the task's own is `<allocDir>/<name>`. */
  readonly allocDir: string;
  /** Where a Nomad host reads the task's output; `/dev/null` in both when logs are off. */
  readonly stdoutPath: string;
  readonly stderrPath: string;
  readonly networkIsolation?: NetworkIsolation | undefined;
  readonly dns?: DnsConfig | undefined;
  /** The job file is of 2015: what a driver then took for invalid still is. */
  readonly seedStyle?: boolean | undefined;
}

/** Whose a task or a group's network is. */
export type TaskOwner = Pick<TaskConfig, "nodeId" | "namespace" | "jobId">;

/** The task's folders on the host. */
export interface TaskDirs {
  readonly sharedAllocDir: string;
  readonly taskDir: string;
  readonly localDir: string;
  readonly secretsDir: string;
}

/** Where a task's folders are, as Nomad lays them out. */
export function toTaskDirs(task: Pick<TaskConfig, "allocDir" | "name">): TaskDirs {
  const taskDir = `${task.allocDir}/${task.name}`;
  return {
    sharedAllocDir: `${task.allocDir}/alloc`,
    taskDir,
    localDir: `${taskDir}/local`,
    secretsDir: `${taskDir}/secrets`,
  };
}
