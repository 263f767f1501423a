import type { TaskConfig } from "../../task/index.ts";
import { createFifoOutput, type TaskOutput } from "./fifo-output.ts";

const nowhere = "/dev/null";

/** The outputs of all tasks of the plugin. */
export class TaskOutputs implements Disposable {
  readonly #outputs = new Map<string, TaskOutput>();

  /** Where a task's output goes, or undefined when nobody wants it. `resume` goes on where an earlier process was. */
  async open(task: TaskConfig, resume: boolean): Promise<TaskOutput | undefined> {
    this.close(task.id);
    if (task.stdoutPath === nowhere && task.stderrPath === nowhere) return undefined;
    const output = createFifoOutput(task, resume);
    this.#outputs.set(task.id, output);
    return output;
  }

  /** Takes no more output; a later {@link open} may go on with it. */
  close(taskId: string): void {
    this.#outputs.get(taskId)?.close();
    this.#outputs.delete(taskId);
  }

  /** Forgets a task's output. */
  remove(taskId: string): void {
    this.#outputs.get(taskId)?.remove();
    this.#outputs.delete(taskId);
  }

  /** Closes all; a later process may go on with them. */
  [Symbol.dispose](): void {
    for (const output of this.#outputs.values()) output.close();
    this.#outputs.clear();
  }
}
