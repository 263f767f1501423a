import type { Engine } from "../engine/index.ts";
import {
  type CallOptions,
  type CreatedNetwork,
  type DestroyOptions,
  type DriverCapabilities,
  type ExecMessage,
  type ExecOptions,
  type ExecOutput,
  type ExitResult,
  type Fingerprint,
  type Logger,
  LongshoreError,
  type RecoverOptions,
  type StartedTask,
  type StartOptions,
  type StatsOptions,
  type StopOptions,
  type StreamingExecOptions,
  silentLogger,
  type TaskConfig,
  type TaskDriver,
  type TaskEvent,
  type TaskEventDetail,
  type TaskHandle,
  type TaskOwner,
  type TaskStats,
  type TaskStatus,
} from "../task/index.ts";
import {
  type ContainerPlan,
  measureTopology,
  planContainer,
  toContainerName,
} from "./container/plan-container.ts";
import type { Topology } from "./container/planning.ts";
import type { DriverContext } from "./context.ts";
import { Dangling, type DanglingContainer } from "./dangling.ts";
import { ExecExits } from "./exec/exec-exits.ts";
import { execTask, execTaskStreaming } from "./exec/exec-task.ts";
import { FanOut } from "./fan-out.ts";
import { Health } from "./health.ts";
import { createImages, ImageNotes, type ImageRemovalEvent } from "./images/index.ts";
import { Leftovers } from "./leftovers.ts";
import { defaultOutputLimits, type OutputLimits } from "./logs/output-limits.ts";
import { type NetworkOptions, toNetworkName } from "./networks/network-container.ts";
import { Networks } from "./networks/networks.ts";
import { type AgentOptions, parseAgentOptions } from "./options/agent-options.ts";
import { openOwnEngine } from "./own-engine.ts";
import { parseSignal } from "./signals.ts";
import { readTaskStats } from "./stats/task-stats.ts";
import { Ticker } from "./stats/ticker.ts";
import { destroyTask } from "./tasks/destroy-task.ts";
import { DockerTask } from "./tasks/docker-task.ts";
import { endTask } from "./tasks/end-task.ts";
import { toEventMessage } from "./tasks/event-message.ts";
import { hearEvent } from "./tasks/hear-event.ts";
import { recoverTask } from "./tasks/recover-task.ts";
import { settleTask } from "./tasks/settle.ts";
import { startTask } from "./tasks/start-task.ts";
import { type FollowLogsOptions, followTaskLogs, handOverLogs, type TaskOutput } from "./tasks/task-logs.ts";
import { TaskStop } from "./tasks/task-stop.ts";
import { settlesWithin, unlessAborted } from "./waiting.ts";
import { Census } from "./watch/census.ts";
import { EngineWatch, type WatchState } from "./watch/engine-watch.ts";
import { SecondLook } from "./watch/second-look.ts";

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
   * A folder, of this host alone, in which the driver remembers images until they are removed, so that they are also
   * when it is killed. Without it such images stay.
   */
  readonly imageNotesDir?: string | undefined;
  /** Remove images that wait for their delay when the driver is disposed, instead of leaving them. */
  readonly removeImagesOnDispose?: boolean | undefined;
  /** How long the rest of a task's output is waited for; each limit has a default. */
  readonly outputLimits?: Partial<OutputLimits> | undefined;
  /** Subscribe to the engine's events now and not with the first call, for a start that will come soon. */
  readonly watchAtOnce?: boolean | undefined;
}

/** Runs tasks as containers of a Docker Engine. Talks to the engine from the first call on. */
export function createDockerDriver(options: DockerDriverOptions = {}): TaskDriver {
  return new DockerDriver(options);
}

const waitingEvents = 4096;
const lastRemovalMs = 10_000;
const lastWriteMs = 1000;

/**
 * Runs tasks as containers of a Docker Engine. Talks to the engine from the first call on, and prints nothing. What
 * each method promises is said at `TaskDriver`. Disposing ends all that it watches and reads; containers go on.
 */
export class DockerDriver implements TaskDriver {
  readonly capabilities: DriverCapabilities = {
    sendSignals: true,
    exec: true,
    networkModes: ["host", "group", "task", "none"],
    mustCreateNetwork: true,
    disableLogCollection: true,
  };
  readonly #context: DriverContext;
  readonly #ownEngine: Engine | undefined;
  readonly #removeImages: boolean;
  readonly #tasks = new Map<string, DockerTask>();
  readonly #ticker = new Ticker();
  readonly #events = new FanOut<TaskEvent>(waitingEvents, toLossEvent);
  readonly #health: Health;
  readonly #secondLook: SecondLook;
  /** Image -> the task that used it last, which its removal is told to. */
  readonly #lastUsers = new Map<string, DockerTask>();

  /** Throws `invalid` for an endpoint or TLS options that do not hold. */
  constructor(options: DockerDriverOptions = {}) {
    const { logger = silentLogger } = options;
    const agent = options.agentOptions ?? parseAgentOptions();
    const engine = options.engine ?? openOwnEngine(options.endpoint, agent, logger);
    this.#ownEngine = options.engine === undefined ? engine : undefined;
    this.#removeImages = options.removeImagesOnDispose ?? false;
    this.#health = new Health(engine, agent);
    const leftovers = new Leftovers(engine, logger);
    const shared = {
      engine,
      agent,
      logger,
      topology: options.topology ?? measureTopology(),
      hostOf: options.hostOf ?? (() => ""),
      outputLimits: { ...defaultOutputLimits, ...options.outputLimits },
      byContainer: new Map<string, DockerTask>(),
      execExits: new ExecExits(),
      leftovers,
      dangling: new Dangling({
        engine,
        logger,
        leftovers,
        agent,
        engineState: () => this.#context.watch.state,
        isTracked: (container) => this.#isTracked(container),
      }),
      images: createImages({
        engine,
        logger,
        auth: agent.auth,
        cleanup: agent.gc.image,
        imageDelayMs: agent.gc.image_delay,
        notes:
          options.imageNotesDir === undefined ? undefined : new ImageNotes(options.imageNotesDir, logger),
        onRemoval: (event) => this.#onImageRemoval(event),
      }),
      watch: new EngineWatch({
        engine,
        logger,
        onEvent: (event) => {
          this.#context.census.hear(event);
          hearEvent(this.#context, event);
        },
        onState: (state) => this.#onState(state),
      }),
      census: new Census({ engine, logger, openings: () => this.#context.watch.openings }),
      emit: (task: DockerTask, detail: TaskEventDetail, message?: string) =>
        this.#emit(task, detail, message),
    } satisfies Omit<DriverContext, "networks">;
    const onLost = (task: DockerTask, reason: string) => endTask(this.#context, task, reason);
    this.#secondLook = new SecondLook({
      engine,
      logger,
      everyMs: options.secondLookMs ?? 60_000,
      engineState: () => this.#context.watch.state,
      running: () => this.#runningContainers(),
      onEnded: (id) => this.#lookAgain(id),
    });
    this.#context = { ...shared, networks: new Networks({ context: shared, onLost }) };
    if (options.watchAtOnce) this.#context.watch.start();
  }

  checkTask(task: TaskConfig): void {
    this.#plan(task);
  }

  fingerprint(options: CallOptions = {}): AsyncIterable<Fingerprint> {
    this.#context.watch.start();
    return this.#health.read(options);
  }

  async startTask(config: TaskConfig, options: StartOptions = {}): Promise<StartedTask> {
    const { options: taskOptions } = this.#plan(config);
    const task = this.#add(config);
    try {
      const started = await startTask(this.#context, task, taskOptions, options);
      this.#noteImage(task);
      return started;
    } catch (error) {
      this.#forget(task);
      throw error;
    } finally {
      task.startSettled.resolve();
    }
  }

  async recoverTask(handle: TaskHandle, options: RecoverOptions = {}): Promise<void> {
    const known = this.#tasks.get(handle.config.id);
    if (known !== undefined) {
      await unlessAborted(known.startSettled.promise, options.signal);
      await handOverLogs(this.#context, this.#task(handle.config.id), options);
      return;
    }
    const task = this.#add(handle.config);
    try {
      await recoverTask(this.#context, task, handle, options);
      this.#noteImage(task);
    } catch (error) {
      this.#forget(task);
      throw error;
    } finally {
      task.startSettled.resolve();
    }
  }

  async waitTask(taskId: string, options: CallOptions = {}): Promise<ExitResult> {
    return await unlessAborted(this.#task(taskId).exited.promise, options.signal);
  }

  async stopTask(taskId: string, options: StopOptions): Promise<void> {
    const task = this.#task(taskId);
    if (options.killSignal !== undefined) parseSignal(options.killSignal);
    if (task.state.phase === "pending") {
      task.starting.abort();
      await unlessAborted(task.startSettled.promise, options.signal);
      if (task.state.phase === "pending") return;
    }
    if (task.state.phase === "exited") return;
    if (task.stop === undefined) task.stop = new TaskStop(this.#context, task, options);
    else task.stop.hasten(options.graceMs);
    await unlessAborted(task.stop.done, options.signal);
  }

  async destroyTask(taskId: string, options: DestroyOptions = {}): Promise<void> {
    const task = this.#task(taskId);
    if (task.state.phase === "pending" && options.force) {
      task.starting.abort();
      await unlessAborted(task.startSettled.promise, options.signal);
      if (!this.#tasks.has(taskId)) return;
    }
    // Of two that come at once the second finds the work done, or tries what the first could not do.
    while (task.destroying !== undefined) await task.destroying.catch(() => undefined);
    if (!this.#tasks.has(taskId)) return;
    task.destroying = this.#destroy(task, options);
    await task.destroying;
  }

  inspectTask(taskId: string): TaskStatus {
    return this.#task(taskId).toStatus(this.#health.away);
  }

  taskStats(taskId: string, options: StatsOptions): AsyncIterable<TaskStats> {
    return readTaskStats(this.#context, this.#task(taskId), this.#ticker, options);
  }

  /**
   * A task's output from its beginning, or a position, to its end, each byte once whatever happens to the engine in
   * between; read no faster than the reader takes it. Ends when the signal aborts or the driver is disposed; rejects
   * with `invalid` when the task's log driver cannot be read, with `timeout` when the engine keeps the end of it to
   * itself, and with `not-found` when the task is destroyed before all of it was read, which waits for a reader that
   * is slow but not for one that stands still.
   */
  taskLogs(taskId: string, options: FollowLogsOptions = {}): AsyncIterable<TaskOutput> {
    return followTaskLogs(this.#context, this.#task(taskId), options);
  }

  taskEvents(options: CallOptions = {}): AsyncIterable<TaskEvent> {
    return this.#events.read(options);
  }

  async signalTask(taskId: string, signal: string, options: CallOptions = {}): Promise<void> {
    const { containerId } = this.#task(taskId);
    await this.#context.engine.killContainer(containerId, parseSignal(signal), options);
  }

  async execTask(taskId: string, options: ExecOptions): Promise<ExecOutput> {
    return await execTask(this.#context, this.#task(taskId), options);
  }

  execTaskStreaming(taskId: string, options: StreamingExecOptions): AsyncIterable<ExecMessage> {
    return execTaskStreaming(this.#context, this.#task(taskId), options);
  }

  async createNetwork(allocId: string, options: NetworkOptions = {}): Promise<CreatedNetwork> {
    return await this.#context.networks.create(allocId, options);
  }

  async destroyNetwork(allocId: string, options: CallOptions = {}): Promise<void> {
    await this.#context.networks.destroy(allocId, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const starting = [...this.#tasks.values()].filter((task) => task.state.phase === "pending");
    for (const task of starting) task.starting.abort();
    await Promise.all(starting.map((task) => task.startSettled.promise));
    const reason = new LongshoreError("canceled", "The driver is closed");
    const tasks = [...this.#tasks.values()];
    for (const task of tasks) task.end(reason);
    this.#tasks.clear();
    // A host that takes nothing any more does not hold the end up.
    await Promise.all(tasks.map(({ logs }) => logs && settlesWithin(logs.done, lastWriteMs)));
    // A busy engine may take a while to remove what it was just starting.
    if (!this.#health.away) await settlesWithin(this.#context.leftovers.emptied(), lastRemovalMs);
    this.#context.watch[Symbol.dispose]();
    this.#secondLook[Symbol.dispose]();
    this.#context.census[Symbol.dispose]();
    this.#context.dangling[Symbol.dispose]();
    this.#context.leftovers[Symbol.dispose]();
    if (this.#removeImages) await this.#flushImages();
    await this.#context.images[Symbol.asyncDispose]();
    this.#events.close();
    this.#health.close();
    await this.#ownEngine?.[Symbol.asyncDispose]();
  }

  async #flushImages(): Promise<void> {
    try {
      await this.#context.images.flush();
    } catch (error) {
      this.#context.logger.warn("images could not be removed", { error });
    }
  }

  #plan(task: TaskConfig): ContainerPlan {
    return planContainer(task, { agentOptions: this.#context.agent, topology: this.#context.topology });
  }

  /** A container is known by its id, or by its name alone while its start is under way. */
  #isTracked({ id, name, allocId }: DanglingContainer): boolean {
    if (this.#context.byContainer.has(id)) return true;
    const tasks = [...this.#tasks.values()].map(({ config }) => config);
    if (name === toNetworkName(allocId)) return this.#context.networks.isNeeded(allocId, tasks);
    return tasks.some((config) => toContainerName(config) === name);
  }

  #task(taskId: string): DockerTask {
    const task = this.#tasks.get(taskId);
    if (task === undefined) throw new LongshoreError("not-found", "task not found for given id");
    return task;
  }

  #add(config: TaskConfig): DockerTask {
    if (this.#tasks.has(config.id)) {
      throw new LongshoreError("conflict", `a task with the id ${config.id} exists already`, {
        retryable: false,
      });
    }
    const task = new DockerTask(config);
    this.#tasks.set(config.id, task);
    this.#context.dangling.own(this.#context.hostOf(config));
    return task;
  }

  async #destroy(task: DockerTask, options: DestroyOptions): Promise<void> {
    try {
      await destroyTask(this.#context, task, options);
      this.#forget(task);
    } finally {
      task.destroying = undefined;
    }
  }

  #forget(task: DockerTask): void {
    this.#tasks.delete(task.config.id);
    task.end(new LongshoreError("not-found", "task not found for given id"));
  }

  #emit(task: DockerTask, detail: TaskEventDetail, message = ""): void {
    const { id, allocId, name } = task.config;
    const text = detail.type === "note" ? message : toEventMessage(detail);
    this.#context.logger.debug(text, { task: id, type: detail.type });
    this.#events.push({ taskId: id, allocId, taskName: name, at: new Date(), message: text, detail });
  }

  #onState(state: WatchState): void {
    const change = this.#health.update(state);
    if (change === undefined) return;
    for (const task of this.#tasks.values()) {
      if (task.state.phase !== "running" && task.state.phase !== "stopping") continue;
      this.#emit(task, { type: change === "lost" ? "engine-lost" : "engine-back" });
      // Its end may have been among what was not heard.
      if (change === "found") void settleTask(this.#context, task);
    }
  }

  #runningContainers(): readonly string[] {
    const tasks = [...this.#context.byContainer];
    return tasks
      .filter(([, { state }]) => state.phase !== "pending" && state.phase !== "exited")
      .map(([id]) => id);
  }

  #lookAgain(containerId: string): void {
    const task = this.#context.byContainer.get(containerId);
    if (task !== undefined) void settleTask(this.#context, task);
  }

  #noteImage(task: DockerTask): void {
    if (task.lease !== undefined) this.#lastUsers.set(task.lease.reference, task);
  }

  #onImageRemoval(event: ImageRemovalEvent): void {
    const task = this.#lastUsers.get(event.image);
    this.#lastUsers.delete(event.image);
    if (task === undefined) return;
    if (event.type === "image-removed") this.#emit(task, event);
    else this.#emit(task, { type: "note" }, `Image ${event.image} stays: ${event.reason}`);
  }
}

function toLossEvent(lost: number): TaskEvent {
  const message = `${lost} events were lost, because they were not read in time`;
  return { taskId: "", allocId: "", taskName: "", at: new Date(), message, detail: { type: "note" } };
}
