import {
  type ExecMessage,
  type ExecOptions,
  type ExecOutput,
  LongshoreError,
  longestTimerMs,
  type StreamingExecOptions,
} from "../../task/index.ts";
import type { DriverContext } from "../context.ts";
import type { DockerTask } from "../tasks/docker-task.ts";
import { toSafeError } from "../without-secrets.ts";
import { ExecRun } from "./exec-run.ts";
import type { KillOutcome } from "./kill-exec.ts";

const keptBytes = 4096;

/** Runs a command in a task and answers its exit code and the end of its output. */
export async function execTask(
  context: DriverContext,
  task: DockerTask,
  options: ExecOptions,
): Promise<ExecOutput> {
  const limit = toLimit(options.timeoutMs);
  const signal = AbortSignal.any([limit, ...(options.signal === undefined ? [] : [options.signal])]);
  let run: ExecRun | undefined;
  try {
    run = await ExecRun.create(context, task, { command: options.command, tty: false }, signal);
    return await collect(run.messages(signal));
  } catch (cause) {
    if (!signal.aborted) throw toSafeError(cause, task.config);
    const outcome = await run?.kill().catch(() => "elsewhere" as const);
    if (options.signal?.aborted) throw cause;
    throw toSafeError(toTimeout(options, outcome ?? "ended", cause), task.config);
  }
}

function toLimit(timeoutMs: number): AbortSignal {
  if (!(timeoutMs >= 0)) throw new LongshoreError("invalid", `no command can take ${timeoutMs} ms`);
  return AbortSignal.timeout(Math.min(Math.ceil(timeoutMs), longestTimerMs));
}

async function collect(messages: AsyncIterable<ExecMessage>): Promise<ExecOutput> {
  const kept = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  let exitCode = 0;
  for await (const message of messages) {
    if (message.type === "exited") exitCode = message.exitCode;
    else kept[message.stream] = Buffer.concat([kept[message.stream], message.data]).subarray(-keptBytes);
  }
  return { ...kept, exitCode };
}

const hints: Readonly<Record<KillOutcome, string>> = {
  ended: "It was killed. Give it more time, or less to do.",
  elsewhere:
    "It goes on in the container: its engine is not on this machine, and engines cannot end a command.",
  forbidden:
    "It goes on in the container: to end it takes the rights of its user on this machine, or root's.",
};

function toTimeout(
  { command, timeoutMs }: ExecOptions,
  outcome: KillOutcome,
  cause: unknown,
): LongshoreError {
  const message = `"${command.join(" ")}" did not end within ${timeoutMs / 1000} s`;
  return new LongshoreError("timeout", message, { cause, hint: hints[outcome] });
}

/** Runs a command in a task; its output as it comes, and at the end its exit code. */
export async function* execTaskStreaming(
  context: DriverContext,
  task: DockerTask,
  options: StreamingExecOptions,
): AsyncGenerator<ExecMessage> {
  const { signal, ...request } = options;
  const run = await ExecRun.create(context, task, request, signal);
  try {
    yield* run.messages(signal);
  } catch (error) {
    throw toSafeError(error, task.config);
  } finally {
    // A reader that has left would leave the command behind; after the driver's own end it may go on.
    if (!task.signal.aborted) await run.kill().catch(() => undefined);
  }
}
