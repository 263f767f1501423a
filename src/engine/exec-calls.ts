import type { Duplex } from "node:stream";
import type { TerminalSize } from "../task/index.ts";
import { toConnectionError } from "./call-errors.ts";
import type { EngineClient } from "./client.ts";
import { toShortId } from "./container-calls.ts";
import type { Engine, ExecSession } from "./engine.ts";
import { readFrames, readRawFrames } from "./frames.ts";

type ExecCalls = Pick<Engine, "createExec" | "startExec" | "inspectExec">;

/** The engine's calls about commands in a container. */
export function createExecCalls(client: EngineClient): ExecCalls {
  const timeoutMs = client.callTimeoutMs;
  return {
    async createExec(containerId, request, options) {
      const answer = await client.json<{ Id: string }>({
        method: "POST",
        path: "/containers/{id}/exec",
        id: containerId,
        what: `prepare a command in container ${toShortId(containerId)}`,
        json: {
          AttachStdin: request.stdin,
          AttachStdout: true,
          AttachStderr: true,
          Tty: request.tty,
          Cmd: request.command,
          User: request.user,
          Env: request.env,
        },
        timeoutMs,
        ...options,
      });
      return answer.Id;
    },
    async startExec(execId, options) {
      const what = `run command ${toShortId(execId)}`;
      const socket = await client.upgrade({
        method: "POST",
        path: "/exec/{id}/start",
        id: execId,
        what,
        headers: { Connection: "Upgrade", Upgrade: "tcp" },
        json: { Detach: false, Tty: options.tty },
        stream: true,
        openTimeoutMs: timeoutMs,
        signal: options.signal,
      });
      return toSession(client, socket, { id: execId, tty: options.tty, what });
    },
    async inspectExec(execId, options) {
      const what = `inspect command ${toShortId(execId)}`;
      const call = {
        method: "GET",
        path: "/exec/{id}/json",
        id: execId,
        what,
        timeoutMs,
        ...options,
      } as const;
      const answer = await client.json<{ Running: boolean; ExitCode: number | null; Pid: number }>(call);
      return { running: answer.Running, exitCode: answer.ExitCode, pid: answer.Pid };
    },
  };
}

interface SessionDetails {
  readonly id: string;
  readonly tty: boolean;
  readonly what: string;
}

function toSession(client: EngineClient, socket: Duplex, details: SessionDetails): ExecSession {
  const { id, tty, what } = details;
  const toError = (cause: unknown) => toConnectionError(what, client.endpoint, cause);
  // Without a listener an error between two reads or writes would end the process; both report it themselves.
  socket.on("error", () => undefined);
  return {
    id,
    output: eachOf((tty ? readRawFrames : readFrames)(readSocket(socket, toError))),
    write: (data) =>
      new Promise((resolve, reject) => {
        socket.write(data, (error) => (error ? reject(toError(error)) : resolve()));
      }),
    endInput: () => void socket.end(),
    async resize(size: TerminalSize) {
      await client.done({
        method: "POST",
        path: "/exec/{id}/resize",
        id,
        what: `resize the terminal of command ${toShortId(id)}`,
        query: { h: size.rows, w: size.columns },
        timeoutMs: client.callTimeoutMs,
      });
    },
  };
}

async function* readSocket(socket: Duplex, toError: (cause: unknown) => Error): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of socket) yield chunk;
  } catch (cause) {
    throw toError(cause);
  } finally {
    socket.destroy();
  }
}

async function* eachOf<T>(batches: AsyncIterable<readonly T[]>): AsyncGenerator<T> {
  for await (const batch of batches) yield* batch;
}
