import type { CallOptions, PullProgress, TerminalSize } from "../task/index.ts";
import type {
  ContainerInspect,
  ContainerSummary,
  CreateRequest,
  EngineEvent,
  EngineInfo,
  ImageInspect,
  NetworkInspect,
  StatsSample,
} from "./engine-types.ts";
import type { LogPlace } from "./log-place.ts";

/** Credentials of a registry, as the engine's X-Registry-Auth header wants them. */
export interface RegistryAuth {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly identityToken?: string | undefined;
  readonly registryToken?: string | undefined;
  readonly serverAddress?: string | undefined;
}

export interface PullOptions extends CallOptions {
  readonly auth?: RegistryAuth | undefined;
  /** Called at most a few times a second while bytes come in. */
  readonly onProgress?: ((progress: PullProgress) => void) | undefined;
  /** Ends the pull with kind `timeout` when nothing moved for so long. */
  readonly activityTimeoutMs?: number | undefined;
}

export interface LogFrame {
  readonly stream: "stdout" | "stderr";
  readonly data: Uint8Array;
  /** When the engine received it, nanoseconds since the epoch; undefined where it does not say. */
  readonly timeNs: bigint | undefined;
  /** Where a later reading goes on after this frame; undefined where no frame had a time. */
  readonly place: LogPlace | undefined;
}

export interface LogOptions extends CallOptions {
  readonly tty: boolean;
  /** Where to go on; the output's beginning when missing. */
  readonly from?: LogPlace | undefined;
  /** False: only what is there already. */
  readonly follow?: boolean | undefined;
  /** Called when output after `from` may be missing, because the engine has thrown it away. */
  readonly onGap?: ((gap: LogGap) => void) | undefined;
  /** Called whenever something of the log has come, also if it lies before `from`. */
  readonly onProgress?: (() => void) | undefined;
  /** The engine's own log, to be read in its stead as far as that can be done. */
  readonly file?: LogFileOptions | undefined;
}

/** Where the engine's json-file driver keeps a container's log, should that be on this machine. */
export interface LogFileOptions {
  readonly path: string;
  /** Aborts when the container has ended, and the engine has written all of its output. */
  readonly ended: AbortSignal;
  /** Called when the engine has written down that the container does not run. */
  readonly onStopped: () => void;
}

/** A time of which no output is left, nanoseconds since the epoch: from the last frame known to the first one left. */
export interface LogGap {
  readonly fromNs: bigint | undefined;
  readonly toNs: bigint | undefined;
  /** What the engine has written there cannot be read. */
  readonly isSpoilt?: boolean | undefined;
}

export interface ExecCreateRequest {
  readonly command: readonly string[];
  readonly tty: boolean;
  readonly stdin: boolean;
  readonly user?: string | undefined;
  readonly env?: readonly string[] | undefined;
}

/** A command that runs in a container. */
export interface ExecSession {
  readonly id: string;
  readonly output: AsyncIterable<{ readonly stream: "stdout" | "stderr"; readonly data: Uint8Array }>;
  /** Resolves when the bytes are handed to the engine. */
  write(data: Uint8Array): Promise<void>;
  /** Closes the command's stdin; its output goes on. */
  endInput(): void;
  resize(size: TerminalSize): Promise<void>;
}

/**
 * One Docker Engine. Every call is one HTTP request unless it says otherwise, and the first is preceded by one
 * `/_ping` that agrees on the API version. Errors are LongshoreErrors whose kind comes from the status (400 and
 * 501 invalid, 401/403 unauthorized, 404 not-found, 409 conflict, 429/502/503 unavailable, other 5xx internal) or
 * from the connection (none: unavailable, no permission for the socket: unauthorized) and whose message keeps the
 * engine's words. Calls that should be quick, and the opening of streams, end with `timeout` when they are not.
 */
export interface Engine extends AsyncDisposable {
  /** For people: `unix:///var/run/docker.sock`. */
  readonly endpoint: string;
  /** Requests sent so far, by `METHOD /path` with ids as `{id}`; what the benchmark and the tests count. */
  readonly calls: ReadonlyMap<string, number>;
  /** The newest API version that both sides know. Costs a ping, where nothing was asked before; kept like `version`. */
  apiVersion(options?: CallOptions): Promise<string>;
  /** Version and agreed API version; one `/version` request, kept until the engine goes away. */
  version(options?: CallOptions): Promise<EngineVersion>;
  info(options?: CallOptions): Promise<EngineInfo>;
  ping(options?: CallOptions): Promise<void>;
  /** A network by name or id. */
  inspectNetwork(name: string, options?: CallOptions): Promise<NetworkInspect>;

  createContainer(
    name: string,
    request: CreateRequest,
    options?: CallOptions,
  ): Promise<{ id: string; warnings: readonly string[] }>;
  startContainer(id: string, options?: CallOptions): Promise<void>;
  inspectContainer(id: string, options?: CallOptions): Promise<ContainerInspect>;
  listContainers(
    options?: CallOptions & {
      readonly all?: boolean;
      /** `key` or `key=value`; a container must have all of them. */
      readonly labels?: readonly string[];
      /** `running`, `exited` and the like; running ones without it. */
      readonly states?: readonly string[];
    },
  ): Promise<readonly ContainerSummary[]>;
  /** Sends the signal, waits, kills; resolves when the container stopped. Not running is fine. */
  stopContainer(
    id: string,
    options?: CallOptions & { readonly graceMs?: number; readonly killSignal?: string | undefined },
  ): Promise<void>;
  killContainer(id: string, signal: string, options?: CallOptions): Promise<void>;
  unpauseContainer(id: string, options?: CallOptions): Promise<void>;
  /** Removes the container with its anonymous volumes. Gone already is fine. */
  removeContainer(id: string, options?: CallOptions & { readonly force?: boolean }): Promise<void>;
  /**
   * The container's output until it ends, as many frames at once as have come. At least two requests: at the end the
   * engine is asked again until nothing new comes, since it may end the stream before its last frames.
   */
  containerLogs(id: string, options: LogOptions): AsyncIterable<readonly LogFrame[]>;
  /** One sample, without the engine's one-second wait where the API allows it. */
  containerStats(id: string, options?: CallOptions): Promise<StatsSample>;

  inspectImage(reference: string, options?: CallOptions): Promise<ImageInspect>;
  pullImage(
    reference: { readonly name: string; readonly tagOrDigest: string },
    options?: PullOptions,
  ): Promise<void>;
  /** Loads an archive; answers the references in it. */
  loadImage(archive: AsyncIterable<Uint8Array>, options?: CallOptions): Promise<readonly string[]>;
  removeImage(reference: string, options?: CallOptions & { readonly force?: boolean }): Promise<void>;

  createExec(containerId: string, request: ExecCreateRequest, options?: CallOptions): Promise<string>;
  startExec(
    execId: string,
    options: CallOptions & { readonly tty: boolean; readonly stdin: boolean },
  ): Promise<ExecSession>;
  inspectExec(
    execId: string,
    options?: CallOptions,
  ): Promise<{ running: boolean; exitCode: number | null; pid: number }>;

  /**
   * One connection's worth of events from `sinceNs` (or now); rejects with `unavailable` when it breaks.
   * `onOpen` is called once the engine has accepted the subscription: what happens after is seen.
   */
  events(
    options: CallOptions & {
      readonly sinceNs?: bigint | undefined;
      readonly filters?: Readonly<Record<string, readonly string[]>>;
      readonly onOpen?: () => void;
    },
  ): AsyncIterable<EngineEvent>;
}

export interface EngineVersion {
  readonly version: string;
  /** The version all requests use: the lower of ours and the engine's. */
  readonly apiVersion: string;
  readonly os: string;
  readonly arch: string;
}
