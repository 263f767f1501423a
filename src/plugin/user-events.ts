import type { TaskEvent } from "../task/index.ts";

/** An agent keeps the last ten events of a task, its own included. */
const progressApartMs = 60_000;

/**
 * The events that a task's user should find in its list: what the agent does not tell by itself, and of a pull's
 * progress a little.
 */
export class UserEvents {
  readonly #progressAt = new Map<string, number>();

  isShown({ taskId, at, detail }: TaskEvent): boolean {
    switch (detail.type) {
      case "pull-started":
        this.#progressAt.set(taskId, at.getTime());
        return true;
      case "pull-progress":
        return this.#isNextProgress(taskId, at.getTime());
      case "pull-finished":
        this.#progressAt.delete(taskId);
        return true;
      case "exited":
        this.#progressAt.delete(taskId);
        return false;
      case "health":
      case "oom":
      case "engine-lost":
      case "engine-back":
      case "note":
        return true;
      // Told by the agent itself, or after the task's end.
      case "created":
      case "started":
      case "stopping":
      case "killed":
      case "removed":
      case "image-removed":
        return false;
    }
  }

  #isNextProgress(taskId: string, atMs: number): boolean {
    const before = this.#progressAt.get(taskId);
    if (before !== undefined && atMs - before < progressApartMs) return false;
    this.#progressAt.set(taskId, atMs);
    return true;
  }
}
