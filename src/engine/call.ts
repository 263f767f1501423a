import type { IncomingMessage } from "node:http";
import type { IdleLimit } from "./call-guard.ts";

/** One request to the engine. */
export interface Call {
  readonly method: "GET" | "HEAD" | "POST" | "DELETE";
  /** Without the API version; `{id}` stands for `id`. */
  readonly path: string;
  readonly id?: string | undefined;
  /** Undefined values are left out. */
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Completes "Cannot ..." in error texts: `start container web`. */
  readonly what: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it comes, chunked. */
  readonly body?: AsyncIterable<Uint8Array> | undefined;
  /** Statuses of 300 and above that are answers, not errors. */
  readonly accept?: readonly number[];
  readonly signal?: AbortSignal | undefined;
  /** For the call with its body, milliseconds; no limit when missing. */
  readonly timeoutMs?: number | undefined;
  /** For the answer to begin. */
  readonly openTimeoutMs?: number | undefined;
  /** For the time in which nothing of the answer comes. */
  readonly idle?: IdleLimit | undefined;
  /** The answer goes on for long: it gets a connection of its own. */
  readonly stream?: boolean;
}

/** The engine's answer, its status already judged. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  /** The body, chunk by chunk, read only as fast as it is asked for. Leaving early closes the connection. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** The whole body. */
  text(): Promise<string>;
}
