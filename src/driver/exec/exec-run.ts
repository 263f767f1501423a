import type { ExecSession } from "../../engine/index.ts";
import {
  type ExecMessage,
  isLongshoreError,
  LongshoreError,
  type StreamingExecOptions,
} from "../../task/index.ts";
import type { DriverContext } from "../context.ts";
import type { DockerTask } from "../tasks/docker-task.ts";
import type { ExecExit } from "./exec-exits.ts";
import { type KillOutcome, killExec } from "./kill-exec.ts";
import { untilAborted } from "./until-aborted.ts";

const endOfTransmission = Uint8Array.of(4);

export type ExecRequest = Omit<StreamingExecOptions, "signal">;

/** One command that runs in a task. */
export class ExecRun {
  readonly #context: DriverContext;
  readonly #task: DockerTask;
  readonly #request: ExecRequest;
  readonly #execId: string;
  #hasEnded = false;

  /** Prepares a command; rejects with `conflict` when the task does not run. */
  static async create(
    context: DriverContext,
    task: DockerTask,
    request: ExecRequest,
    signal: AbortSignal | undefined,
  ): Promise<ExecRun> {
    const { phase } = task.state;
    if (phase !== "running" && phase !== "stopping") {
      const message = `task "${task.config.name}" is not running: no command can run in it`;
      throw new LongshoreError("conflict", message);
    }
    const { command, tty, stdin } = request;
    const execId = await context.engine.createExec(
      task.containerId,
      { command, tty, stdin: stdin !== undefined },
      { signal },
    );
    return new ExecRun(context, task, request, execId);
  }

  private constructor(context: DriverContext, task: DockerTask, request: ExecRequest, execId: string) {
    this.#context = context;
    this.#task = task;
    this.#request = request;
    this.#execId = execId;
  }

  /** Starts the command: its output as it comes, and at the end its exit code. */
  async *messages(callSignal: AbortSignal | undefined): AsyncGenerator<ExecMessage> {
    const { engine, execExits } = this.#context;
    const { tty, stdin, resize } = this.#request;
    using exit = execExits.expect(this.#execId);
    const ended = new AbortController();
    const signals = [this.#task.signal, callSignal].filter((each) => each !== undefined);
    const signal = AbortSignal.any([ended.signal, ...signals]);
    try {
      const session = await engine.startExec(this.#execId, { tty, stdin: stdin !== undefined, signal });
      // What the host's own input throws ends the reading of the output.
      const fail = (error: unknown) => ended.abort(error);
      if (resize !== undefined) resizeTerminal(session, untilAborted(resize, signal)).catch(fail);
      if (stdin !== undefined) feed(session, untilAborted(stdin, signal), tty).catch(fail);
      for await (const { stream, data } of session.output) yield { type: "output", stream, data };
      yield { type: "exited", exitCode: await this.#readExit(exit, signal) };
    } finally {
      ended.abort(new LongshoreError("canceled", "the command's output is read no more"));
    }
  }

  /** Ends the command, if it has not ended and that is in the driver's power. */
  async kill(): Promise<KillOutcome> {
    if (this.#hasEnded) return "ended";
    return await killExec(this.#context.engine, this.#task.containerId, this.#execId);
  }

  async #readExit(exit: ExecExit, signal: AbortSignal): Promise<number> {
    const exitCode = await exit.read(this.#context.engine, signal);
    this.#hasEnded = true;
    return exitCode;
  }
}

async function feed(session: ExecSession, stdin: AsyncIterable<Uint8Array>, tty: boolean): Promise<void> {
  try {
    for await (const data of stdin) await session.write(data);
    // The engine ends a terminal's output together with its input, so there the end is typed.
    if (tty) await session.write(endOfTransmission);
  } catch (error) {
    // A command that has ended, or closed its input, takes no more: its exit tells the rest.
    if (!isLongshoreError(error)) throw error;
  } finally {
    if (!tty) session.endInput();
  }
}

async function resizeTerminal(
  session: ExecSession,
  sizes: NonNullable<StreamingExecOptions["resize"]>,
): Promise<void> {
  // The command may just have ended.
  for await (const size of sizes) await session.resize(size).catch(() => undefined);
}
