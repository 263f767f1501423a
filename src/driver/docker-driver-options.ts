import type { Engine, EngineInfo } from "../engine/index.ts";
import type { Logger, TaskConfig, TaskOwner } from "../task/index.ts";
import type { Topology } from "./container/planning.ts";
import type { OutputLimits } from "./logs/output-limits.ts";
import type { AgentOptions } from "./options/agent-options.ts";

/** What a driver works with; everything has a default. */
export interface DockerDriverOptions {
  /** The engine to use; the driver does not close it. Without one the driver opens, and closes, one of its own. */
  readonly engine?: Engine | undefined;
  /**
   * Where the driver's own engine is, such as `unix:///var/run/docker.sock`. When missing: the `endpoint` of
   * `agentOptions`, else where the docker command finds one (`DOCKER_HOST`, its context, the usual sockets).
   */
  readonly endpoint?: string | undefined;
  /** See {@link parseAgentOptions}; all defaults when missing. */
  readonly agentOptions?: AgentOptions | undefined;
  readonly logger?: Logger | undefined;
  /**
   * Who has a task run: the same after a restart, and nobody else's who uses the engine at the same time. Containers
   * carry it as a label. Without it no dangling containers are looked for, since they may be someone else's.
   */
  readonly hostOf?: ((owner: TaskOwner) => string) | undefined;
  /** How often all tasks are looked at with one call in case an event got lost, milliseconds (60,000). */
  readonly secondLookMs?: number | undefined;
  /** The machine's compute; measured when missing. */
  readonly topology?: Topology | undefined;
  /**
   * A folder, of this host alone and in one that exists, in which the driver remembers images until they are removed,
   * so that they are also when it is killed. Without it such images stay. Where the host is not known before its tasks
   * are, the first task that has a folder decides.
   */
  readonly imageNotesDir?: string | ((task: TaskConfig) => string | undefined) | undefined;
  /** Remove images that wait for their delay when the driver is disposed, instead of leaving them. */
  readonly removeImagesOnDispose?: boolean | undefined;
  /** How long the rest of a task's output is waited for; each limit has a default. */
  readonly outputLimits?: Partial<OutputLimits> | undefined;
  /** Subscribe to the engine's events now and not with the first call, for a start that will come soon. */
  readonly watchAtOnce?: boolean | undefined;
  /** What the engine has just told of itself; asked for when missing. */
  readonly engineInfo?: EngineInfo | undefined;
}
