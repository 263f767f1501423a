import type { ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import type { Duplex } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import type { Logger } from "../task/index.ts";
import { errorCode, LongshoreError, toError } from "../task/index.ts";
import type { Answer, Call } from "./call.ts";
import { toConnectionError, toStatusError } from "./call-errors.ts";
import { CallGuard, type Stoppable } from "./call-guard.ts";
import type { Connection } from "./connection.ts";
import { LazyHttp } from "./lazy-http.ts";
import { sendBody } from "./request-body.ts";

/** HTTP to one engine. */
export interface Transport extends Disposable {
  readonly calls: ReadonlyMap<string, number>;
  send(call: Call, version: string): Promise<Answer>;
  /** Sends the call and takes the connection over once the engine has switched protocols. */
  upgrade(call: Call, version: string): Promise<Duplex>;
}

export interface TransportOptions {
  readonly endpoint: string;
  readonly connection: Connection;
  readonly logger: Logger;
  /** Called when no answer came because the connection failed: what is known of the engine may be wrong. */
  readonly onLost: () => void;
  /** Called with the `Api-Version` header of each answer. */
  readonly onApiVersion: (apiVersion: string) => void;
}

const maxErrorBodyBytes = 64 * 1024;
/** How long to wait for an engine that has not yet taken the connections before. */
const fullQueueMs = 10;

/** Opens nothing until the first call. Calls share kept-alive connections; streams have their own. */
export function createTransport(options: TransportOptions): Transport {
  const { endpoint, connection } = options;
  const calls = new Map<string, number>();
  const guards = new Set<CallGuard>();
  const rim = new LazyHttp(connection);

  async function open(call: Call, version: string, guard: CallGuard): Promise<ClientRequest> {
    try {
      const request = await rim.request(toRequestOptions(connection, call, version), call.stream === true);
      guard.watch(request);
      return request;
    } catch (cause) {
      guard.end();
      throw toConnectionError(call.what, endpoint, cause);
    }
  }

  function fail(call: Call, guard: CallGuard, cause: unknown): LongshoreError {
    guard.end();
    if (guard.reason !== undefined) return guard.reason;
    if (!(cause instanceof LongshoreError)) options.onLost();
    return toConnectionError(call.what, endpoint, cause);
  }

  /** Sends the call, again where it cannot have reached the engine, until it is answered. */
  async function exchange<T extends Stoppable>(
    call: Call,
    version: string,
    getAnswer: (request: ClientRequest, call: Call) => Promise<T>,
  ): Promise<{ request: ClientRequest; answer: T; guard: CallGuard }> {
    const guard = new CallGuard(call, guards);
    const name = `${call.method} ${call.path}`;
    calls.set(name, (calls.get(name) ?? 0) + 1);
    for (;;) {
      const request = await open(call, version, guard);
      try {
        const answer = await getAnswer(request, call);
        guard.opened();
        guard.watch(answer);
        return { request, answer, guard };
      } catch (cause) {
        const queueFull = isQueueFull(call, cause);
        const mayRepeat = queueFull || canRepeat(call, request, cause);
        if (!mayRepeat || guard.reason !== undefined) throw fail(call, guard, cause);
        if (queueFull) await pause(fullQueueMs);
      }
    }
  }

  async function answerOf(call: Call, version: string): Promise<Answer> {
    const { request, answer: response, guard } = await exchange(call, version, getResponse);
    const apiVersion = response.headers["api-version"];
    if (typeof apiVersion === "string") options.onApiVersion(apiVersion);
    const chunks = readChunks(response, guard, (cause) => fail(call, guard, cause));
    const status = response.statusCode ?? 0;
    if (status >= 300 && !call.accept?.includes(status)) {
      const error = toStatusError(call.what, status, await readText(chunks, maxErrorBodyBytes));
      // A refused upload may still be on its way.
      if (!request.writableFinished) request.destroy();
      throw error;
    }
    return { status, headers: response.headers, chunks, text: () => readText(chunks) };
  }

  return {
    calls,
    async send(call, version) {
      const startedAt = performance.now();
      const answer = await answerOf(call, version);
      const ms = Math.round(performance.now() - startedAt);
      options.logger.debug("engine call", { call: call.what, status: answer.status, ms });
      return answer;
    },
    async upgrade(call, version) {
      const { answer: socket, guard } = await exchange(call, version, getUpgrade);
      socket.once("close", () => guard.end());
      return socket;
    },
    [Symbol.dispose]() {
      for (const guard of guards) guard.stop(new LongshoreError("canceled", "The engine client was closed"));
      rim.close();
    },
  };
}

function toRequestOptions(connection: Connection, call: Call, version: string): RequestOptions {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(call.query ?? {})) {
    if (value !== undefined) query.set(name, String(value));
  }
  const id = (call.id ?? "").split("/").map(encodeURIComponent).join("/");
  const prefix = version === "" ? "" : `/v${version}`;
  const path = `${connection.basePath}${prefix}${call.path.replace("{id}", id)}`;
  const text = query.toString();
  return {
    ...connection.options,
    method: call.method,
    path: text === "" ? path : `${path}?${text}`,
    headers: { "User-Agent": "longshore", ...connection.options.headers, ...call.headers },
  };
}

/** A system keeps only so many connections for an engine that has not taken them yet, some no more than 128. */
function isQueueFull({ body }: Call, cause: unknown): boolean {
  return body === undefined && errorCode(cause) === "EAGAIN";
}

/** A kept-alive connection may die just as a request goes out; what changes nothing is sent once more. */
function canRepeat(call: Call, request: ClientRequest, cause: unknown): boolean {
  const readOnly = call.method === "GET" || call.method === "HEAD";
  const code = errorCode(cause);
  return readOnly && request.reusedSocket && (code === "ECONNRESET" || code === "EPIPE");
}

function getResponse(request: ClientRequest, call: Call): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once("response", resolve);
    request.on("error", reject);
    sendBody(request, call).catch((cause) => {
      request.destroy(toError(cause));
    });
  });
}

function getUpgrade(request: ClientRequest, call: Call): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    request.once("upgrade", (_response, socket, head) => {
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    request.once("response", (response) => {
      const status = response.statusCode ?? 0;
      readText(response, maxErrorBodyBytes)
        .then((body) => reject(toStatusError(call.what, status, body)))
        .catch(reject);
    });
    request.on("error", reject);
    sendBody(request, call).catch(reject);
  });
}

async function* readChunks(
  response: IncomingMessage,
  guard: CallGuard,
  fail: (cause: unknown) => LongshoreError,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of response) {
      guard.touch();
      yield chunk;
    }
  } catch (cause) {
    throw fail(cause);
  } finally {
    guard.end();
  }
}

async function readText(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes = Number.POSITIVE_INFINITY,
): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    size += chunk.length;
    if (size >= maxBytes) break;
  }
  return Buffer.concat(parts).toString("utf8");
}
