import type { AgentOptions } from "../../driver/options/agent-options.ts";
import type { Logger, TaskConfig } from "../../task/index.ts";
import type { DockerLogger } from "../convert/task-handle.ts";
import { createDirectOutput } from "../direct-logs.ts";
import { endDockerLogger } from "../migration/docker-logger.ts";
import { holdFifos } from "../migration/hold-fifos.ts";
import { resumeOutput } from "../migration/resume-output.ts";
import { createCollectedOutput } from "./collected-output.ts";
import type { TaskOutput } from "./fifo-output.ts";

const nowhere = "/dev/null";

export interface TaskOutputsOptions {
  /** The agent's `logs` block. */
  readonly logs: AgentOptions["logs"];
  readonly logger: Logger;
}

/** The outputs of all tasks of the plugin. */
export class TaskOutputs implements Disposable {
  readonly #options: TaskOutputsOptions;
  readonly #outputs = new Map<string, TaskOutput>();

  constructor(options: TaskOutputsOptions) {
    this.#options = options;
  }

  /** Where a new task's output goes, or undefined when nobody wants it. */
  async open(task: TaskConfig): Promise<TaskOutput | undefined> {
    const options = this.#toOptions(task);
    return await this.#keep(task, async () =>
      options.direct
        ? await createDirectOutput(task, { ...options, resume: false })
        : createCollectedOutput(task, { ...options, resume: false }),
    );
  }

  /** The same of a task whose output another process has read so far; the built-in driver's is ended. */
  async resume(task: TaskConfig, dockerLogger: DockerLogger | undefined): Promise<TaskOutput | undefined> {
    const endOther = async () => {
      if (dockerLogger !== undefined) await endDockerLogger(dockerLogger, this.#options.logger);
    };
    const options = { ...this.#toOptions(task), endOther };
    return await this.#keep(task, async () => await resumeOutput(task, options));
  }

  async #keep(task: TaskConfig, create: () => Promise<TaskOutput>): Promise<TaskOutput | undefined> {
    this.close(task.id);
    if (task.stdoutPath === nowhere && task.stderrPath === nowhere) return undefined;
    const output = await create();
    this.#outputs.set(task.id, output);
    return output;
  }

  #toOptions(task: TaskConfig) {
    const { logs, logger } = this.#options;
    const onNote = (message: string) => logger.warn(message, { task: task.name, alloc: task.allocId });
    return { direct: logs.direct, limits: logs, onNote };
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
    holdFifos([...this.#outputs.values()].flatMap(({ fds = [] }) => fds));
    for (const output of this.#outputs.values()) output.close();
    this.#outputs.clear();
  }
}
