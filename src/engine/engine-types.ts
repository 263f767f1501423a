/**
 * The parts of the Docker Engine API's bodies that Longshore reads or writes, under the API's own names.
 * Source: Docker Engine API reference, versions 1.41 to 1.50.
 */

export interface PortBinding {
  readonly HostIp: string;
  readonly HostPort: string;
}

export interface MountRequest {
  readonly Type: "bind" | "volume" | "tmpfs" | "image";
  readonly Target: string;
  readonly Source?: string;
  readonly ReadOnly?: boolean;
  readonly BindOptions?: { readonly Propagation?: string };
  readonly VolumeOptions?: {
    readonly NoCopy?: boolean;
    /** Since API 1.45. */
    readonly Subpath?: string;
    readonly Labels?: Readonly<Record<string, string>>;
    readonly DriverConfig?: { readonly Name: string; readonly Options: Readonly<Record<string, string>> };
  };
  /** Since API 1.48. */
  readonly ImageOptions?: { readonly Subpath?: string };
  readonly TmpfsOptions?: { readonly SizeBytes?: number; readonly Mode?: number };
}

export interface HostConfigRequest {
  readonly Binds?: readonly string[];
  readonly Mounts?: readonly MountRequest[];
  readonly NetworkMode?: string;
  readonly PortBindings?: Readonly<Record<string, readonly PortBinding[]>>;
  readonly CpuShares?: number;
  readonly CpuPeriod?: number;
  readonly CpuQuota?: number;
  readonly CpusetCpus?: string;
  readonly Memory?: number;
  readonly MemorySwap?: number;
  readonly MemoryReservation?: number;
  readonly MemorySwappiness?: number;
  readonly OomScoreAdj?: number;
  readonly PidsLimit?: number;
  readonly Privileged?: boolean;
  readonly CapAdd?: readonly string[];
  readonly CapDrop?: readonly string[];
  readonly SecurityOpt?: readonly string[];
  readonly ReadonlyRootfs?: boolean;
  readonly Init?: boolean;
  readonly Runtime?: string;
  readonly ShmSize?: number;
  readonly Sysctls?: Readonly<Record<string, string>>;
  readonly Ulimits?: readonly { readonly Name: string; readonly Soft: number; readonly Hard: number }[];
  readonly StorageOpt?: Readonly<Record<string, string>>;
  readonly Devices?: readonly {
    readonly PathOnHost: string;
    readonly PathInContainer: string;
    readonly CgroupPermissions: string;
  }[];
  readonly DeviceRequests?: readonly unknown[];
  readonly Dns?: readonly string[];
  readonly DnsSearch?: readonly string[];
  readonly DnsOptions?: readonly string[];
  readonly ExtraHosts?: readonly string[];
  readonly GroupAdd?: readonly string[];
  readonly IpcMode?: string;
  readonly PidMode?: string;
  readonly UTSMode?: string;
  readonly UsernsMode?: string;
  readonly CgroupnsMode?: string;
  readonly VolumeDriver?: string;
  readonly LogConfig?: { readonly Type: string; readonly Config: Readonly<Record<string, string>> };
  readonly RestartPolicy?: { readonly Name: string };
  readonly AutoRemove?: boolean;
}

/** Body of `POST /containers/create`. */
export interface CreateRequest {
  readonly Image: string;
  readonly Cmd?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Env?: readonly string[];
  readonly Labels?: Readonly<Record<string, string>>;
  readonly User?: string;
  readonly WorkingDir?: string;
  readonly Hostname?: string;
  readonly MacAddress?: string;
  readonly Tty?: boolean;
  readonly OpenStdin?: boolean;
  readonly StopSignal?: string;
  readonly StopTimeout?: number;
  readonly ExposedPorts?: Readonly<Record<string, Readonly<Record<string, never>>>>;
  readonly Healthcheck?: Readonly<Record<string, unknown>>;
  readonly HostConfig: HostConfigRequest;
  readonly NetworkingConfig?: {
    readonly EndpointsConfig: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  };
}

export interface ContainerState {
  readonly Status: string;
  readonly Running: boolean;
  readonly Paused: boolean;
  readonly Restarting: boolean;
  readonly OOMKilled: boolean;
  readonly Dead: boolean;
  readonly Pid: number;
  readonly ExitCode: number;
  readonly Error: string;
  readonly StartedAt: string;
  readonly FinishedAt: string;
  /** Missing without a health check. The newest check is the last of the log. */
  readonly Health?: { readonly Log?: readonly { readonly Output: string }[] | null };
}

/** Answer of `GET /containers/{id}/json`. */
export interface ContainerInspect {
  readonly Id: string;
  readonly Name: string;
  readonly Image: string;
  readonly Created: string;
  readonly State: ContainerState;
  readonly Config: {
    readonly Image: string;
    readonly Tty: boolean;
    readonly Labels: Readonly<Record<string, string>>;
    readonly Env: readonly string[] | null;
    readonly StopSignal?: string;
  };
  readonly HostConfig: HostConfigRequest & { readonly NetworkMode: string };
  readonly NetworkSettings: {
    readonly SandboxKey: string;
    readonly Ports: Readonly<Record<string, readonly PortBinding[] | null>>;
    readonly Networks: Readonly<
      Record<string, { readonly IPAddress: string; readonly GlobalIPv6Address: string }>
    >;
  };
  readonly Mounts: readonly {
    readonly Type: string;
    readonly Source: string;
    readonly Destination: string;
    readonly RW: boolean;
  }[];
}

export interface ContainerSummary {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly Image: string;
  readonly Created: number;
  readonly State: string;
  readonly HostConfig: { readonly NetworkMode: string };
  readonly Labels: Readonly<Record<string, string>>;
  readonly Mounts: readonly { readonly Destination: string }[];
  readonly Ports: readonly {
    readonly IP?: string;
    readonly PrivatePort: number;
    readonly PublicPort?: number;
    readonly Type: string;
  }[];
}

export interface ImageInspect {
  readonly Id: string;
  readonly RepoTags: readonly string[] | null;
  readonly RepoDigests: readonly string[] | null;
  readonly Size: number;
  readonly Config: {
    readonly Cmd?: readonly string[] | null;
    readonly Entrypoint?: readonly string[] | null;
    readonly StopSignal?: string;
    readonly ExposedPorts?: Readonly<Record<string, unknown>> | null;
  } | null;
}

/** Answer of `GET /networks/{id}`. */
export interface NetworkInspect {
  readonly IPAM: { readonly Config: readonly { readonly Gateway?: string }[] | null };
  readonly Options: Readonly<Record<string, string>> | null;
}

/** What `GET /info` says that the fingerprint needs. */
export interface EngineInfo {
  readonly ID: string;
  readonly ServerVersion: string;
  readonly OSType: string;
  readonly Architecture: string;
  readonly NCPU: number;
  readonly MemTotal: number;
  readonly CgroupVersion?: string;
  readonly CgroupDriver?: string;
  readonly Runtimes: Readonly<Record<string, unknown>>;
  /** Names of its plugins, those that are built in among them. */
  readonly Plugins?: { readonly Log?: readonly string[] | null };
  readonly SecurityOptions: readonly string[];
  readonly DockerRootDir: string;
}

/** One message of `GET /events`. */
export interface EngineEvent {
  readonly Type: string;
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
  /** Nanoseconds since the epoch, exact. */
  readonly timeNs: bigint;
}

/** Answer of `GET /containers/{id}/stats`. */
export interface StatsSample {
  readonly read: string;
  readonly cpu_stats: CpuSample;
  readonly precpu_stats: CpuSample;
  readonly memory_stats: {
    readonly usage?: number;
    readonly max_usage?: number;
    readonly stats?: Readonly<Record<string, number>>;
  };
  /** Missing with the host's network and without any. */
  readonly networks?: Readonly<
    Record<string, Readonly<Record<"rx_bytes" | "rx_packets" | "tx_bytes" | "tx_packets", number>>>
  >;
  readonly blkio_stats?: {
    readonly io_service_bytes_recursive?: readonly { readonly op: string; readonly value: number }[] | null;
  };
}

export interface CpuSample {
  readonly cpu_usage: {
    readonly total_usage: number;
    readonly usage_in_kernelmode: number;
    readonly usage_in_usermode: number;
  };
  readonly system_cpu_usage?: number;
  readonly online_cpus?: number;
  readonly throttling_data?: { readonly throttled_periods: number; readonly throttled_time: number };
}
