import {
  type ContainerFacts,
  Deferred,
  type DriverNetwork,
  type ExitResult,
  LongshoreError,
  type TaskConfig,
  type TaskHandle,
  type TaskStatus,
  untilAborted,
} from "../../task/index.ts";
import type { ImageLease } from "../images/index.ts";
import type { LogReader } from "../logs/log-reader.ts";
import { next, type TaskState, type TaskStep } from "./task-state.ts";
import type { TaskStop } from "./task-stop.ts";

/** What a task has once its container is known. */
export interface TaskContainer {
  readonly id: string;
  readonly tty: boolean;
}

/** Someone who reads a task's output. */
export interface OutputFollower {
  /** Waits until it has all: true. False when it stands still for so long once the task has ended, milliseconds. */
  isTaken(stuckMs: number): Promise<boolean>;
}

/** One task of the driver: its state, and what hangs on its life. */
export class DockerTask {
  readonly config: TaskConfig;
  /** Resolves when the task has exited; rejects when it is destroyed before that. */
  readonly exited = new Deferred<ExitResult>();
  /** Resolves as soon as the container's end is heard of; its output may still be on the way. */
  readonly died: Promise<void>;
  /** Settles with the start: at the end of a failed one nothing is left. */
  readonly startSettled = new Deferred<void>();
  /** Aborts a start that is under way. */
  readonly starting = new AbortController();
  readonly #ending = new AbortController();
  container: TaskContainer | undefined;
  network: DriverNetwork | undefined;
  /** The container whose network it shares with its group. */
  sandboxId: string | undefined;
  lease: ImageLease | undefined;
  logs: LogReader | undefined;
  /** Who reads its output besides the host. */
  readonly followers = new Set<OutputFollower>();
  stop: TaskStop | undefined;
  settling: Promise<void> | undefined;
  destroying: Promise<void> | undefined;
  /** Why the driver itself ended it. */
  endReason: string | undefined;
  /** The exit code of a `die` event. */
  heardCode: number | undefined;
  /** Resolves when the engine first tells of a kill for memory. */
  readonly oomTold = new Deferred<void>();
  /** When it told so last, nanoseconds since the epoch; 0 when it never did. */
  lastOomNs = 0n;
  readonly #death = new AbortController();
  #state: TaskState = { phase: "pending" };

  constructor(config: TaskConfig) {
    this.config = config;
    this.died = untilAborted(this.deathSignal);
  }

  get state(): TaskState {
    return this.#state;
  }

  /** Aborts when the driver has done with the task: all that watches or reads it ends. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** Aborts with `died`. */
  get deathSignal(): AbortSignal {
    return this.#death.signal;
  }

  get hasDied(): boolean {
    return this.deathSignal.aborted;
  }

  /** The engine told of a kill for memory. */
  get oomHeard(): boolean {
    return this.lastOomNs !== 0n;
  }

  /** The container's id; throws `conflict` while there is none. */
  get containerId(): string {
    if (this.container !== undefined) return this.container.id;
    throw new LongshoreError("conflict", `task "${this.config.name}" has no container yet`);
  }

  hearDeath(): void {
    this.#death.abort();
  }

  apply(step: TaskStep): void {
    this.#state = next(this.#state, step);
    if (this.#state.phase === "exited") {
      this.hearDeath();
      this.exited.resolve(this.#state.exit);
    }
  }

  /** Ends all that hangs on the task; a wait for its exit rejects with `reason` if it has not exited. */
  end(reason: LongshoreError): void {
    this.#ending.abort(reason);
    this.exited.reject(reason);
    this.startSettled.resolve();
  }

  toHandle(): TaskHandle {
    const { containerId, network } = this;
    return { version: 1, config: this.config, driverState: { containerId, network, container: this.#facts } };
  }

  get #facts(): ContainerFacts | undefined {
    const startedAt = this.#state.phase === "pending" ? undefined : this.#state.startedAt;
    if (this.lease === undefined || this.container === undefined || startedAt === undefined) return undefined;
    return { image: this.lease.reference, tty: this.container.tty, startedAt: startedAt.toISOString() };
  }

  /** The state for a host; `engineAway` makes a running task's phase unknown. */
  toStatus(engineAway: boolean): TaskStatus {
    const state = this.#state;
    const live = state.phase === "running" || state.phase === "stopping";
    return {
      id: this.config.id,
      name: this.config.name,
      phase: live && engineAway ? "unknown" : state.phase,
      startedAt: state.phase === "pending" ? undefined : state.startedAt,
      completedAt: state.phase === "exited" ? state.finishedAt : undefined,
      exit: state.phase === "exited" ? state.exit : undefined,
      attributes: this.container === undefined ? {} : { container_id: this.container.id },
      network: this.network,
    };
  }
}
