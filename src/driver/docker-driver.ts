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
  LongshoreError,
  parseSignal,
  type RecoverOptions,
  type StartedTask,
  type StartOptions,
  type StatsOptions,
  type StopOptions,
  type StreamingExecOptions,
  settlesWithin,
  silentLogger,
  type TaskConfig,
  type TaskDriver,
  type TaskEvent,
  type TaskHandle,
  type TaskStats,
  type TaskStatus,
  unlessAborted,
} from "../task/index.ts";
import { type ContainerPlan, planContainer } from "./container/plan-container.ts";
import type { DriverContext } from "./context.ts";
import { createContext } from "./create-context.ts";
import type { DockerDriverOptions } from "./docker-driver-options.ts";
import { execTask, execTaskStreaming } from "./exec/exec-task.ts";
import { Health } from "./health.ts";
import type { NetworkOptions } from "./networks/network-container.ts";
import { parseAgentOptions } from "./options/agent-options.ts";
import { openOwnEngine } from "./own-engine.ts";
import { readTaskStats } from "./stats/task-stats.ts";
import { Ticker } from "./stats/ticker.ts";
import { TaskEvents } from "./task-events.ts";
import { destroyTask } from "./tasks/destroy-task.ts";
import type { DockerTask } from "./tasks/docker-task.ts";
import { recoverTask } from "./tasks/recover-task.ts";
import { startTask } from "./tasks/start-task.ts";
import { type FollowLogsOptions, followTaskLogs, handOverLogs, type TaskOutput } from "./tasks/task-logs.ts";
import { TaskStop } from "./tasks/task-stop.ts";
import { TaskTable } from "./tasks/task-table.ts";

/** Runs tasks as containers of a Docker Engine. Talks to the engine from the first call on. */
export function createDockerDriver(options: DockerDriverOptions = {}): TaskDriver {
  return new DockerDriver(options);
}

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
  readonly #tasks = new TaskTable();
  readonly #ticker = new Ticker();
  readonly #events: TaskEvents;
  readonly #health: Health;

  /** Throws `invalid` for an endpoint or TLS options that do not hold. */
  constructor(options: DockerDriverOptions = {}) {
    const { logger = silentLogger } = options;
    const agent = options.agentOptions ?? parseAgentOptions();
    const engine = options.engine ?? openOwnEngine(options.endpoint, agent, logger);
    this.#ownEngine = options.engine === undefined ? engine : undefined;
    this.#removeImages = options.removeImagesOnDispose ?? false;
    this.#health = new Health(engine, agent);
    this.#events = new TaskEvents(logger);
    this.#context = createContext({
      options,
      engine,
      agent,
      logger,
      tasks: this.#tasks,
      events: this.#events,
      health: this.#health,
    });
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
    return await this.#begin(task, startTask(this.#context, task, taskOptions, options));
  }

  async recoverTask(handle: TaskHandle, options: RecoverOptions = {}): Promise<void> {
    const { id } = handle.config;
    if (this.#tasks.has(id)) {
      await unlessAborted(this.#tasks.get(id).startSettled.promise, options.signal);
      await handOverLogs(this.#context, this.#tasks.get(id), options);
      return;
    }
    const task = this.#add(handle.config);
    await this.#begin(task, recoverTask(this.#context, task, handle, options));
  }

  async waitTask(taskId: string, options: CallOptions = {}): Promise<ExitResult> {
    return await unlessAborted(this.#tasks.get(taskId).exited.promise, options.signal);
  }

  async stopTask(taskId: string, options: StopOptions): Promise<void> {
    const task = this.#tasks.get(taskId);
    if (options.killSignal !== undefined) parseSignal(options.killSignal);
    if (task.state.phase === "pending") {
      await this.#abandonStart(task, options);
      if (task.state.phase === "pending") return;
    }
    if (task.state.phase === "exited") return;
    if (task.stop === undefined) task.stop = new TaskStop(this.#context, task, options);
    else task.stop.hasten(options.graceMs);
    await unlessAborted(task.stop.done, options.signal);
  }

  async destroyTask(taskId: string, options: DestroyOptions = {}): Promise<void> {
    const task = this.#tasks.get(taskId);
    if (task.state.phase === "pending" && options.force) {
      await this.#abandonStart(task, options);
      if (!this.#tasks.has(taskId)) return;
    }
    // Of two that come at once the second finds the work done, or tries what the first could not do.
    while (task.destroying !== undefined) await task.destroying.catch(() => undefined);
    if (!this.#tasks.has(taskId)) return;
    task.destroying = this.#destroy(task, options);
    await task.destroying;
  }

  inspectTask(taskId: string): TaskStatus {
    return this.#tasks.get(taskId).toStatus(this.#health.away);
  }

  taskStats(taskId: string, options: StatsOptions): AsyncIterable<TaskStats> {
    return readTaskStats(this.#context, this.#tasks.get(taskId), this.#ticker, options);
  }

  /**
   * A task's output from its beginning, or a position, to its end, each byte once whatever happens to the engine in
   * between; read no faster than the reader takes it. Ends when the signal aborts or the driver is disposed; rejects
   * with `invalid` when the task's log driver cannot be read, with `timeout` when the engine keeps the end of it to
   * itself, and with `not-found` when the task is destroyed before all of it was read, which waits for a reader that
   * is slow but not for one that stands still.
   */
  taskLogs(taskId: string, options: FollowLogsOptions = {}): AsyncIterable<TaskOutput> {
    return followTaskLogs(this.#context, this.#tasks.get(taskId), options);
  }

  taskEvents(options: CallOptions = {}): AsyncIterable<TaskEvent> {
    return this.#events.read(options);
  }

  async signalTask(taskId: string, signal: string, options: CallOptions = {}): Promise<void> {
    const { containerId } = this.#tasks.get(taskId);
    await this.#context.engine.killContainer(containerId, parseSignal(signal), options);
  }

  async execTask(taskId: string, options: ExecOptions): Promise<ExecOutput> {
    return await execTask(this.#context, this.#tasks.get(taskId), options);
  }

  execTaskStreaming(taskId: string, options: StreamingExecOptions): AsyncIterable<ExecMessage> {
    return execTaskStreaming(this.#context, this.#tasks.get(taskId), options);
  }

  async createNetwork(allocId: string, options: NetworkOptions = {}): Promise<CreatedNetwork> {
    return await this.#context.networks.create(allocId, options);
  }

  async destroyNetwork(allocId: string, options: CallOptions = {}): Promise<void> {
    await this.#context.networks.destroy(allocId, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { leftovers, watch, secondLook, census, dangling, images } = this.#context;
    const starting = this.#tasks.all().filter((task) => task.state.phase === "pending");
    await Promise.all(starting.map((task) => this.#abandonStart(task, {})));
    const tasks = this.#tasks.clear(new LongshoreError("canceled", "The driver is closed"));
    // A host that takes nothing any more does not hold the end up.
    await Promise.all(tasks.map(({ logs }) => logs && settlesWithin(logs.done, lastWriteMs)));
    // A busy engine may take a while to remove what it was just starting.
    if (!this.#health.away) await settlesWithin(leftovers.emptied(), lastRemovalMs);
    for (const part of [watch, secondLook, census, dangling, leftovers]) part[Symbol.dispose]();
    if (this.#removeImages) await this.#flushImages();
    await images[Symbol.asyncDispose]();
    this.#events.close();
    this.#health.close();
    await this.#ownEngine?.[Symbol.asyncDispose]();
  }

  async #flushImages(): Promise<void> {
    const { images, logger } = this.#context;
    try {
      await images.flush();
    } catch (error) {
      logger.warn("images could not be removed", { error });
    }
  }

  #plan(task: TaskConfig): ContainerPlan {
    const { agent, topology } = this.#context;
    return planContainer(task, { agentOptions: agent, topology });
  }

  #add(config: TaskConfig): DockerTask {
    const task = this.#tasks.add(config);
    this.#context.takeUp(config);
    return task;
  }

  /** Waits for a task's start or recovery; one that fails leaves nothing of the task. */
  async #begin<T>(task: DockerTask, beginning: Promise<T>): Promise<T> {
    try {
      const begun = await beginning;
      this.#context.imageUsers.note(task);
      return begun;
    } catch (error) {
      this.#tasks.forget(task);
      throw error;
    } finally {
      task.startSettled.resolve();
    }
  }

  async #abandonStart(task: DockerTask, { signal }: CallOptions): Promise<void> {
    task.starting.abort();
    await unlessAborted(task.startSettled.promise, signal);
  }

  async #destroy(task: DockerTask, options: DestroyOptions): Promise<void> {
    try {
      await destroyTask(this.#context, task, options);
      this.#tasks.forget(task);
    } finally {
      task.destroying = undefined;
    }
  }
}
