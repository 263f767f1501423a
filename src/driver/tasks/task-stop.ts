import {
  Deferred,
  isLongshoreError,
  parseSignal,
  pause,
  type StopOptions,
  settlesWithin,
} from "../../task/index.ts";
import type { DriverContext } from "../context.ts";
import type { DockerTask } from "./docker-task.ts";
import { settleTask } from "./settle.ts";

const defaultSignal = "SIGTERM";
const retryMs = 200;
/** A process that a kill does not reach, for example in a disk's wait, gets another one now and then. */
const killAgainMs = 10_000;

/** The stop of a task: signal, grace, kill. It goes on while the engine is away. */
export class TaskStop {
  readonly #context: DriverContext;
  readonly #task: DockerTask;
  readonly #hurry = new Deferred<void>();
  #deadline = Number.POSITIVE_INFINITY;
  /** Resolves when the container no longer runs. Rejects when the task's life in the driver ends before that. */
  readonly done: Promise<void>;

  /** Throws `invalid` for a signal that does not exist. */
  constructor(context: DriverContext, task: DockerTask, options: Omit<StopOptions, "signal">) {
    this.#context = context;
    this.#task = task;
    const killSignal = options.killSignal === undefined ? undefined : parseSignal(options.killSignal);
    this.done = this.#run(killSignal, options.graceMs);
    this.done.catch(() => undefined);
  }

  /** Kills sooner, if the grace given now ends before the one that runs. */
  hasten(graceMs: number): void {
    if (performance.now() + graceMs >= this.#deadline) return;
    void settlesWithin(this.#task.exited.promise, graceMs).then(() => this.#hurry.resolve());
  }

  async #run(killSignal: string | undefined, graceMs: number): Promise<void> {
    const task = this.#task;
    this.#deadline = performance.now() + graceMs;
    const signal = await this.#prepare(killSignal);
    if (signal !== undefined && graceMs > 0) {
      task.apply({ type: "stop-requested" });
      this.#context.emit(task, { type: "stopping", killSignal: signal, graceMs });
      await this.#send(signal);
      await settlesWithin(Promise.race([task.died, this.#hurry.promise]), graceMs);
    }
    if (signal !== undefined && !task.hasDied) await this.#kill();
    await task.exited.promise;
  }

  async #kill(): Promise<void> {
    const task = this.#task;
    task.apply({ type: "stop-requested" });
    this.#context.emit(task, { type: "killed", containerId: task.containerId });
    do await this.#send("SIGKILL");
    while (!(await settlesWithin(task.died, killAgainMs)));
  }

  /** The signal to begin with; undefined when the container does not run any more. */
  async #prepare(killSignal: string | undefined): Promise<string | undefined> {
    const { engine } = this.#context;
    const { containerId, signal } = this.#task;
    return await this.#persist(async () => {
      const { State, Config } = await engine.inspectContainer(containerId, { signal });
      if (!State.Running) {
        void settleTask(this.#context, this.#task);
        return undefined;
      }
      if (State.Paused) await engine.unpauseContainer(containerId, { signal });
      return killSignal ?? (Config.StopSignal || defaultSignal);
    });
  }

  async #send(name: string): Promise<void> {
    const { containerId, signal } = this.#task;
    await this.#persist(() => this.#context.engine.killContainer(containerId, name, { signal }));
  }

  /** Calls until the engine answers; undefined when there is nothing to stop any more. */
  async #persist<T>(call: () => Promise<T>): Promise<T | undefined> {
    const { signal } = this.#task;
    for (;;) {
      try {
        return await call();
      } catch (error) {
        if (isLongshoreError(error, "conflict") || isLongshoreError(error, "not-found")) {
          await settleTask(this.#context, this.#task);
          if (this.#task.hasDied) return undefined;
        }
        if (isLongshoreError(error, "invalid")) throw error;
        signal.throwIfAborted();
        await this.#context.watch.reopened({ signal });
        await pause(retryMs, signal);
      }
    }
  }
}
