import { type ExecMessage, LongshoreError, type TaskDriver, type TerminalSize } from "../task/index.ts";
import { Channel } from "./channel.ts";
import type { ExecTaskStreamingRequest, ExecTaskStreamingResponse } from "./proto/generated/nomad/driver.ts";

/** Runs a command whose input and sizes come as messages; the first one says which. */
export async function* streamExec(
  driver: TaskDriver,
  requests: AsyncIterable<ExecTaskStreamingRequest>,
  signal: AbortSignal,
): AsyncGenerator<ExecTaskStreamingResponse> {
  const iterator = requests[Symbol.asyncIterator]();
  const first = await iterator.next();
  const setup = first.done ? undefined : first.value.setup;
  if (setup === undefined) throw new LongshoreError("invalid", "the first message must say what to run");
  const stdin = new Channel<Uint8Array>();
  const resize = new Channel<TerminalSize>();
  const reading = readRequests(iterator, stdin, resize);
  const { taskId, command, tty } = setup;
  try {
    for await (const message of driver.execTaskStreaming(taskId, { command, tty, stdin, resize, signal }))
      yield* fromMessage(message, tty);
  } finally {
    stdin.close();
    resize.close();
    await iterator.return?.();
    await reading;
  }
}

/** Hands the host's messages on; input that is not taken holds up the reading. */
async function readRequests(
  requests: AsyncIterator<ExecTaskStreamingRequest>,
  stdin: Channel<Uint8Array>,
  resize: Channel<TerminalSize>,
): Promise<void> {
  try {
    for (let next = await requests.next(); !next.done; next = await requests.next()) {
      const { stdin: input, ttySize } = next.value;
      if (ttySize !== undefined) resize.replace({ columns: ttySize.width, rows: ttySize.height });
      if (input !== undefined && input.data.byteLength > 0) await stdin.push(input.data);
      if (input?.close) stdin.close();
    }
  } catch {
    // The call was canceled; whoever reads it is told by its signal.
  } finally {
    stdin.close();
    resize.close();
  }
}

const none = { stdout: undefined, stderr: undefined, exited: false, result: undefined };

function* fromMessage(message: ExecMessage, tty: boolean): Generator<ExecTaskStreamingResponse> {
  if (message.type === "output") {
    yield { ...none, [message.stream]: { data: Buffer.from(message.data), close: false } };
    return;
  }
  const closed = { data: Buffer.alloc(0), close: true };
  yield { ...none, stdout: closed };
  if (!tty) yield { ...none, stderr: closed };
  yield { ...none, exited: true, result: { exitCode: message.exitCode, signal: 0, oomKilled: false } };
}
