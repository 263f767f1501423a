import { setTimeout as pause } from "node:timers/promises";
import type { OpenDriver } from "../driver/index.ts";
import {
  isLongshoreError,
  LongshoreError,
  type RecoverOptions,
  type StartedTask,
  type TaskConfig,
  type TaskDriver,
  type TaskHandle,
  type TaskPhase,
} from "../task/index.ts";
import type { StoredTask } from "./convert/task-handle.ts";
import type { TaskOutputs } from "./output/task-outputs.ts";

/**
 * How long after its making a driver waits for an engine that is away, mostly because it is being restarted: an agent
 * takes a task that is not recovered for lost, and starts another one beside it.
 */
const engineAwayMs = 30_000;
const retryMs = 200;

/** One driver with the outputs of its tasks, as long as its configuration holds. Disposing leaves containers running. */
export class HostedDriver implements AsyncDisposable {
  readonly #open: OpenDriver;
  readonly #outputs: TaskOutputs;
  /** Tasks that were started or recovered, and not destroyed. */
  readonly #taskIds = new Set<string>();
  readonly #madeAtMs = performance.now();

  constructor(open: OpenDriver, outputs: TaskOutputs) {
    this.#open = open;
    this.#outputs = outputs;
  }

  get driver(): TaskDriver {
    return this.#open.driver;
  }

  get hasRunningTasks(): boolean {
    return [...this.#taskIds].some((id) => this.#phaseOf(id) !== "exited");
  }

  async startTask(task: TaskConfig, signal: AbortSignal): Promise<StartedTask> {
    if (this.#taskIds.has(task.id)) {
      const message = `a task with the id ${task.id} exists already`;
      throw new LongshoreError("conflict", message, { retryable: false });
    }
    this.#taskIds.add(task.id);
    try {
      const output = await this.#outputs.open(task);
      return await this.driver.startTask(task, { logs: output?.sink, signal });
    } catch (error) {
      this.#taskIds.delete(task.id);
      this.#outputs.remove(task.id);
      throw error;
    }
  }

  async recoverTask({ handle, dockerLogger }: StoredTask, signal: AbortSignal): Promise<void> {
    const { config } = handle;
    if (this.#taskIds.has(config.id)) return await this.driver.recoverTask(handle, { signal });
    this.#taskIds.add(config.id);
    try {
      if (dockerLogger !== undefined) {
        // The built-in driver goes on reading the output until it is certain that the task can be taken over.
        await this.#recover(handle, { signal });
      }
      const output = await this.#outputs.resume(config, dockerLogger);
      const { sink: logs, position: logPosition } = output ?? {};
      await this.#recover(handle, { logs, logPosition, signal });
    } catch (error) {
      this.#taskIds.delete(config.id);
      this.#outputs.close(config.id);
      throw error;
    }
  }

  async #recover(handle: TaskHandle, options: RecoverOptions): Promise<void> {
    for (;;) {
      try {
        return await this.driver.recoverTask(handle, options);
      } catch (error) {
        const isLate = performance.now() - this.#madeAtMs > engineAwayMs;
        if (isLate || !isLongshoreError(error, "unavailable")) throw error;
        await pause(retryMs, undefined, options.signal && { signal: options.signal });
      }
    }
  }

  async destroyTask(taskId: string, force: boolean, signal: AbortSignal): Promise<void> {
    try {
      await this.driver.destroyTask(taskId, { force, signal });
    } catch (error) {
      if (!isLongshoreError(error, "not-found")) throw error;
      this.#forget(taskId);
      throw error;
    }
    this.#forget(taskId);
  }

  #phaseOf(taskId: string): TaskPhase {
    try {
      return this.driver.inspectTask(taskId).phase;
    } catch {
      // The driver has not heard of it yet.
      return "pending";
    }
  }

  #forget(taskId: string): void {
    this.#taskIds.delete(taskId);
    this.#outputs.remove(taskId);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#open[Symbol.asyncDispose]();
    this.#outputs[Symbol.dispose]();
  }
}
