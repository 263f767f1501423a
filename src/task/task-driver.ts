import type { NetworkIsolation, PortMapping, TaskConfig, TaskOwner } from "./task-config.ts";

/** Options of every call that waits. Aborting ends the wait, not the container. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** What a host stores to find a task again after a restart. */
export interface TaskHandle {
  /** Version of `driverState`'s format: 1. */
  readonly version: number;
  readonly config: TaskConfig;
  /** What the driver needs to find its container again; JSON-safe and opaque to the host. */
  readonly driverState: DriverState;
}

/** The driver's own part of a handle: a host keeps it as it is. */
export interface DriverState {
  /** Its name will do where a host never saw the id: the start's answer was lost. */
  readonly containerId: string;
  readonly network?: DriverNetwork | undefined;
  /** Spares the engine a question about a container that still runs; where it is missing the engine is asked. */
  readonly container?: ContainerFacts | undefined;
}

/** What a start knows of its container, and a recovery must. */
export interface ContainerFacts {
  /** The image's reference. */
  readonly image: string;
  readonly tty: boolean;
  /** When the task began to run, in ISO 8601. */
  readonly startedAt: string;
}

/** Addresses of a task that differ from the host's. */
export interface DriverNetwork {
  /** Label -> container port. */
  readonly portMap: Readonly<Record<string, number>>;
  readonly ip: string;
  /** Advertise `ip` instead of the host's address. */
  readonly autoAdvertise: boolean;
}

/** What a start answers. */
export interface StartedTask {
  readonly handle: TaskHandle;
  readonly network?: DriverNetwork | undefined;
}

/** How a task ended. */
export interface ExitResult {
  readonly exitCode: number;
  /** Signal that ended the first process (128 + n exit codes), else 0. */
  readonly signal: number;
  readonly oomKilled: boolean;
  /** Why, for people, when the task failed: `OOM Killed`, `Docker container exited with non-zero exit code: N`. */
  readonly error?: string | undefined;
}

/** Where a task stands; `unknown` while its engine cannot be reached. */
export type TaskPhase = "pending" | "running" | "stopping" | "exited" | "unknown";

/** What a driver knows of a task at the moment, without asking its engine. */
export interface TaskStatus {
  readonly id: string;
  readonly name: string;
  readonly phase: TaskPhase;
  readonly startedAt?: Date | undefined;
  readonly completedAt?: Date | undefined;
  readonly exit?: ExitResult | undefined;
  /** `container_id` and others a person may want to see. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly network?: DriverNetwork | undefined;
}

/** A task's use of the CPU since the reading before. Meaning after Nomad's drivers.CpuStats. */
export interface CpuStats {
  /** Share of one core times 100: two busy cores are 200. */
  readonly percent: number;
  /** How much of that was in user mode: a share of the task's own use, times the machine's cores, times 100. */
  readonly userPercent: number;
  /** The same of system mode. */
  readonly systemPercent: number;
  /** MHz in use. */
  readonly totalTicks: number;
  readonly throttledPeriods: number;
  readonly throttledTimeNs: number;
}

/** A task's memory as the kernel counts it (cgroup v1's rss and cache, v2's anon and file). */
export interface MemoryStats {
  readonly rssBytes: number;
  readonly cacheBytes: number;
  readonly swapBytes: number;
  readonly usageBytes: number;
  /** Highest usage so far; 0 where the kernel does not tell (cgroup v2 before 5.19). */
  readonly maxUsageBytes: number;
}

/** What went through a task's network interfaces since it began; its loopback does not count. */
export interface NetworkStats {
  readonly receivedBytes: number;
  readonly receivedPackets: number;
  readonly sentBytes: number;
  readonly sentPackets: number;
}

/** What a task has read from and written to disks since it began. */
export interface BlockIoStats {
  readonly readBytes: number;
  readonly writtenBytes: number;
}

/** One reading of what a task uses. */
export interface TaskStats {
  readonly id: string;
  readonly at: Date;
  readonly cpu: CpuStats;
  readonly memory: MemoryStats;
  /** Undefined with the host's network. */
  readonly network?: NetworkStats | undefined;
  /** Undefined where the kernel does not count it. */
  readonly blockIo?: BlockIoStats | undefined;
}

/** Progress of an image pull. */
export interface PullProgress {
  readonly image: string;
  /** Bytes fetched so far, over all layers that are being fetched. */
  readonly receivedBytes: number;
  /** Bytes in all; grows while layers become known. */
  readonly totalBytes: number;
  readonly bytesPerSecond: number;
  /** Seconds left at that rate; undefined while unknown. */
  readonly secondsLeft?: number | undefined;
  readonly layersDone: number;
  readonly layersTotal: number;
}

/** What of an event is for programs; `message` is for people. */
export type TaskEventDetail =
  | { readonly type: "pull-started"; readonly image: string }
  | { readonly type: "pull-progress"; readonly progress: PullProgress }
  | {
      readonly type: "pull-finished";
      readonly image: string;
      readonly sizeBytes: number;
      readonly durationMs: number;
    }
  | { readonly type: "created"; readonly containerId: string }
  | { readonly type: "started"; readonly containerId: string; readonly addresses: readonly string[] }
  | { readonly type: "stopping"; readonly killSignal: string; readonly graceMs: number }
  | { readonly type: "killed"; readonly containerId: string }
  | { readonly type: "exited"; readonly exit: ExitResult }
  | { readonly type: "oom"; readonly containerId: string }
  | { readonly type: "health"; readonly status: string; readonly output: string }
  | { readonly type: "removed"; readonly containerId: string }
  | { readonly type: "image-removed"; readonly image: string }
  | { readonly type: "engine-lost" }
  | { readonly type: "engine-back" }
  | { readonly type: "note" };

/** Something that happened to a task. */
export interface TaskEvent {
  readonly taskId: string;
  readonly allocId: string;
  readonly taskName: string;
  readonly at: Date;
  /** A sentence for people. */
  readonly message: string;
  readonly detail: TaskEventDetail;
}

/** What the driver knows of its engine. */
export interface Fingerprint {
  readonly health: "undetected" | "unhealthy" | "healthy";
  /** `Healthy`, or why not, in a sentence. */
  readonly description: string;
  /** `driver.docker`, `driver.docker.version` and the rest of the Nomad attributes. */
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
}

/** A piece of a task's output, bytes as the task wrote them. */
export interface LogChunk {
  readonly stream: "stdout" | "stderr";
  readonly data: Uint8Array;
  /** When the engine received it, nanoseconds since the epoch; undefined where it does not say. */
  readonly timeNs?: bigint | undefined;
}

/** How far a task's output was read: up to the frame of that time, and `frames` frames from it on. JSON-safe. */
export interface LogPosition {
  /** Nanoseconds since the epoch, in decimal. */
  readonly timeNs: string;
  /** With the frame of that time, so at least 1. */
  readonly frames: number;
}

/** Takes a task's output. The driver waits for each write before it reads on (back-pressure). */
export interface LogSink {
  /** `position` is where a later start should go on once this chunk is kept. */
  write(chunk: LogChunk, position: LogPosition | undefined): Promise<void> | void;
  /** The output has ended; nothing follows. */
  end(): Promise<void> | void;
}

/** Options of a start. Aborting gives the start up and undoes it; once it has resolved, `stopTask` is the way. */
export interface StartOptions extends CallOptions {
  /** Where the task's output goes; without it the driver does not read it. */
  readonly logs?: LogSink | undefined;
}

/** Options of taking a task up again. */
export interface RecoverOptions extends StartOptions {
  /** Where the output read so far ended; without it reading starts at the beginning. */
  readonly logPosition?: LogPosition | undefined;
}

/** How a task is asked to stop, and when it is killed. */
export interface StopOptions extends CallOptions {
  /** How long the task may take after the stop signal, milliseconds. */
  readonly graceMs: number;
  /** Signal name with or without `SIG`; the image's stop signal (SIGTERM if none) when missing. */
  readonly killSignal?: string | undefined;
}

/** Options of a task's removal. */
export interface DestroyOptions extends CallOptions {
  /** Destroy the task although it runs. */
  readonly force?: boolean | undefined;
}

/** How often a task's use is read, milliseconds: more than 0, else reading rejects with `invalid`. */
export interface StatsOptions extends CallOptions {
  readonly intervalMs: number;
}

/** A command to run in a task to its end, and how long it may take, milliseconds. */
export interface ExecOptions extends CallOptions {
  readonly command: readonly string[];
  readonly timeoutMs: number;
}

/** How a command ended: the last 4 KiB of each stream, and its exit code. */
export interface ExecOutput {
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  readonly exitCode: number;
}

/** A terminal's size in characters. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** A command to run in a task, with input and a terminal if wanted. */
export interface StreamingExecOptions extends CallOptions {
  readonly command: readonly string[];
  readonly tty: boolean;
  readonly stdin?: AsyncIterable<Uint8Array> | undefined;
  readonly resize?: AsyncIterable<TerminalSize> | undefined;
}

/** A piece of a command's output, or, last, how it ended. */
export type ExecMessage =
  | { readonly type: "output"; readonly stream: "stdout" | "stderr"; readonly data: Uint8Array }
  | { readonly type: "exited"; readonly exitCode: number };

/** The network that an allocation's tasks share. */
export interface CreatedNetwork {
  readonly isolation: NetworkIsolation;
  /** False when it was there already. */
  readonly created: boolean;
}

/** What a driver can do. Source: Nomad's drivers.Capabilities. */
export interface DriverCapabilities {
  readonly sendSignals: boolean;
  readonly exec: boolean;
  readonly networkModes: readonly NetworkIsolation["mode"][];
  readonly mustCreateNetwork: boolean;
  readonly disableLogCollection: boolean;
}

/**
 * Runs tasks. A host (the agent, a Nomad plugin) knows a driver only through this interface.
 * Unknown task ids reject with kind `not-found` and the text `task not found for given id`.
 * Disposing ends the driver's watches and streams; containers go on.
 */
export interface TaskDriver extends AsyncDisposable {
  readonly capabilities: DriverCapabilities;
  /** Checks a task without touching anything. Throws an OptionsError with all of its faults. */
  checkTask(task: TaskConfig): void;
  /** The present state at once, then every change, until the signal aborts or the driver is disposed. */
  fingerprint(options?: CallOptions): AsyncIterable<Fingerprint>;
  /** Resolves when the container runs. A failure leaves nothing behind. */
  startTask(task: TaskConfig, options?: StartOptions): Promise<StartedTask>;
  /**
   * Finds the task again by its handle; rejects with `not-found` when its container is gone. The output of a task
   * that the driver knows already goes to the new sink, if one is given, and no longer to the one before.
   */
  recoverTask(handle: TaskHandle, options?: RecoverOptions): Promise<void>;
  /** Resolves when the task ended, also when it had ended before, until it is destroyed. */
  waitTask(taskId: string, options?: CallOptions): Promise<ExitResult>;
  /** Signal, grace, kill. Resolves when the container no longer runs; no error if it is gone already. */
  stopTask(taskId: string, options: StopOptions): Promise<void>;
  /** Removes the container, its anonymous volumes and (after the delay) the image. Refuses a running task unless forced. */
  destroyTask(taskId: string, options?: DestroyOptions): Promise<void>;
  inspectTask(taskId: string): TaskStatus;
  /** One reading per interval until the task ends, the signal aborts or the reader stops. */
  taskStats(taskId: string, options: StatsOptions): AsyncIterable<TaskStats>;
  /** Events of all tasks from now on. A slow reader loses the oldest, and is told how many. */
  taskEvents(options?: CallOptions): AsyncIterable<TaskEvent>;
  signalTask(taskId: string, signal: string, options?: CallOptions): Promise<void>;
  /**
   * Runs a command in the task to its end; at most the last 4 KiB of each stream are kept. One that takes longer than
   * `timeoutMs`, or whose call is canceled, is killed with all it has started, if the engine is on this machine; the
   * call rejects with `timeout` or `canceled`, and `conflict` when the task does not run.
   */
  execTask(taskId: string, options: ExecOptions): Promise<ExecOutput>;
  /** The same with input and a terminal. Leaving the messages early, or aborting, ends the command likewise. */
  execTaskStreaming(taskId: string, options: StreamingExecOptions): AsyncIterable<ExecMessage>;
  /** Starts the container whose network namespace the group's tasks share. */
  createNetwork(
    allocId: string,
    options?: CallOptions & {
      readonly hostname?: string | undefined;
      readonly ports?: readonly PortMapping[] | undefined;
      /** Whose group it is, where the host knows: one that is left behind can be told from others then. */
      readonly owner?: TaskOwner | undefined;
    },
  ): Promise<CreatedNetwork>;
  destroyNetwork(allocId: string, options?: CallOptions): Promise<void>;
}
