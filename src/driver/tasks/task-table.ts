import { LongshoreError, type TaskConfig } from "../../task/index.ts";
import { DockerTask } from "./docker-task.ts";

/** A driver's tasks, by their own ids and by those of their containers. */
export class TaskTable {
  /** Where the engine's events find them. */
  readonly byContainer = new Map<string, DockerTask>();
  readonly #byId = new Map<string, DockerTask>();

  /** A new task. Throws `conflict` when its id is taken. */
  add(config: TaskConfig): DockerTask {
    if (this.#byId.has(config.id)) {
      throw new LongshoreError("conflict", `a task with the id ${config.id} exists already`, {
        retryable: false,
      });
    }
    const task = new DockerTask(config);
    this.#byId.set(config.id, task);
    return task;
  }

  has(taskId: string): boolean {
    return this.#byId.has(taskId);
  }

  /** Throws `not-found` when there is none. */
  get(taskId: string): DockerTask {
    const task = this.#byId.get(taskId);
    if (task === undefined) throw toUnknownTask();
    return task;
  }

  all(): readonly DockerTask[] {
    return [...this.#byId.values()];
  }

  /** The tasks that have a container and have not exited. */
  live(): readonly DockerTask[] {
    return this.all().filter(({ state }) => state.phase === "running" || state.phase === "stopping");
  }

  /** Ends all that hangs on the task; who still waits for its exit hears `not-found`. */
  forget(task: DockerTask): void {
    this.#byId.delete(task.config.id);
    task.end(toUnknownTask());
  }

  /** Ends all that hangs on any task, and answers which there were. */
  clear(reason: LongshoreError): readonly DockerTask[] {
    const tasks = this.all();
    for (const task of tasks) task.end(reason);
    this.#byId.clear();
    return tasks;
  }
}

function toUnknownTask(): LongshoreError {
  return new LongshoreError("not-found", "task not found for given id");
}
