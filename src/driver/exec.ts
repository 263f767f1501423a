import type { ExecSession } from "../engine/index.ts";
import {
  type ExecMessage,
  type ExecOptions,
  type ExecOutput,
  isLongshoreError,
  LongshoreError,
  type StreamingExecOptions,
} from "../task/index.ts";
import type { DriverContext } from "./context.ts";
import type { DockerTask } from "./tasks/docker-task.ts";
import { pause } from "./waiting.ts";

const keptBytes = 4096;
const firstDelayMs = 10;
const endOfTransmission = Uint8Array.of(4);

/** Runs a command in a task and answers its exit code and the end of its output. */
export async function execTask(
  context: DriverContext,
  task: DockerTask,
  options: ExecOptions,
): Promise<ExecOutput> {
  const timeout = AbortSignal.timeout(options.timeoutMs);
  const signal = AbortSignal.any([timeout, ...(options.signal === undefined ? [] : [options.signal])]);
  let exitCode = 0;
  const kept = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  try {
    for await (const message of execTaskStreaming(context, task, {
      command: options.command,
      tty: false,
      signal,
    })) {
      if (message.type === "exited") exitCode = message.exitCode;
      else kept[message.stream] = Buffer.concat([kept[message.stream], message.data]).subarray(-keptBytes);
    }
  } catch (error) {
    if (!timeout.aborted || options.signal?.aborted) throw error;
    const what = options.command.join(" ");
    throw new LongshoreError("timeout", `"${what}" did not end within ${options.timeoutMs / 1000} s`, {
      cause: error,
      hint: "The command goes on in the container; Docker cannot end it.",
    });
  }
  return { stdout: kept.stdout, stderr: kept.stderr, exitCode };
}

/** Runs a command in a task; its output as it comes, and at the end its exit code. */
export async function* execTaskStreaming(
  { engine }: DriverContext,
  task: DockerTask,
  options: StreamingExecOptions,
): AsyncGenerator<ExecMessage> {
  const { command, tty, stdin } = options;
  if (task.state.phase !== "running" && task.state.phase !== "stopping") {
    throw new LongshoreError(
      "conflict",
      `task "${task.config.name}" is not running: no command can run in it`,
    );
  }
  const ended = new AbortController();
  // What the host's own input throws ends the reading of the output.
  const fail = (error: unknown) => ended.abort(error);
  const signals = [task.signal, options.signal].filter((signal) => signal !== undefined);
  const signal = AbortSignal.any([ended.signal, ...signals]);
  try {
    const request = { command, tty, stdin: stdin !== undefined };
    const execId = await engine.createExec(task.containerId, request, { signal });
    const session = await engine.startExec(execId, { tty, stdin: stdin !== undefined, signal });
    if (options.resize !== undefined) resize(session, options.resize, signal).catch(fail);
    if (stdin !== undefined) feed(session, stdin, { tty, signal }).catch(fail);
    for await (const { stream, data } of session.output) yield { type: "output", stream, data };
    yield { type: "exited", exitCode: await readExitCode(engine, execId, signal) };
  } finally {
    ended.abort(new LongshoreError("canceled", "the command's output is read no more"));
  }
}

/** The output may end a moment before the engine knows the exit code. */
async function readExitCode(
  engine: DriverContext["engine"],
  execId: string,
  signal: AbortSignal,
): Promise<number> {
  for (let delayMs = firstDelayMs; ; delayMs *= 2) {
    const { running, exitCode } = await engine.inspectExec(execId, { signal });
    if (!running && exitCode !== null) return exitCode;
    await pause(delayMs, signal);
  }
}

async function feed(
  session: ExecSession,
  stdin: AsyncIterable<Uint8Array>,
  options: { readonly tty: boolean; readonly signal: AbortSignal },
): Promise<void> {
  try {
    for await (const data of stdin) {
      if (options.signal.aborted) return;
      await session.write(data);
    }
    // The engine ends a terminal's output together with its input, so there the end is typed.
    if (options.tty) await session.write(endOfTransmission);
  } catch (error) {
    // A command that has ended, or closed its input, takes no more: its exit tells the rest.
    if (!isLongshoreError(error)) throw error;
  } finally {
    if (!options.tty) session.endInput();
  }
}

async function resize(
  session: ExecSession,
  sizes: NonNullable<StreamingExecOptions["resize"]>,
  signal: AbortSignal,
): Promise<void> {
  for await (const size of sizes) {
    if (signal.aborted) return;
    // The command may just have ended.
    await session.resize(size).catch(() => undefined);
  }
}
