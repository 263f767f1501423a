import { setMaxListeners } from "node:events";
import { LongshoreError, longestTimerMs } from "../task/index.ts";

/** What a guard ends: a request, its response, or the connection taken over. */
export interface Stoppable {
  readonly destroyed: boolean;
  destroy(error: Error): unknown;
}

export interface GuardedCall {
  readonly what: string;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs?: number | undefined;
  readonly openTimeoutMs?: number | undefined;
  readonly idle?: IdleLimit | undefined;
}

/** How long an answer may stand still. */
export interface IdleLimit {
  readonly timeoutMs: number;
  readonly toError: () => LongshoreError;
}

/**
 * The lifetime of one call: ends it when the caller's signal aborts, its time is over, its answer stands still or
 * the client is closed, and remembers which, so that the error says so.
 */
export class CallGuard {
  /** Why the call was ended from this side; undefined while it was not. */
  reason: LongshoreError | undefined;
  readonly #call: GuardedCall;
  readonly #all: Set<CallGuard>;
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #openTimer: NodeJS.Timeout | undefined;
  readonly #idleTimer: NodeJS.Timeout | undefined;
  #watched: Stoppable | undefined;

  /** Throws `canceled` when the signal has aborted already. */
  constructor(call: GuardedCall, all: Set<CallGuard>) {
    this.#call = call;
    this.#all = all;
    if (call.signal?.aborted) throw toCanceled(call);
    if (call.signal !== undefined) {
      // Many calls may share a signal; each takes its listener away again, so many at once are no leak.
      setMaxListeners(0, call.signal);
      call.signal.addEventListener("abort", this.#onAbort);
    }
    const { timeoutMs, openTimeoutMs, idle } = call;
    if (timeoutMs !== undefined) this.#timer = setTimeout(this.#onTimeout, timeoutMs, timeoutMs);
    if (openTimeoutMs !== undefined) {
      this.#openTimer = setTimeout(this.#onTimeout, openTimeoutMs, openTimeoutMs);
    }
    if (idle !== undefined) {
      const ms = Math.min(idle.timeoutMs, longestTimerMs);
      this.#idleTimer = setTimeout(() => this.stop(idle.toError()), ms);
    }
    all.add(this);
  }

  /** Names what to destroy from now on. */
  watch(stream: Stoppable): void {
    this.#watched = stream;
    if (this.reason !== undefined) stream.destroy(this.reason);
  }

  /** The answer has begun. */
  opened(): void {
    clearTimeout(this.#openTimer);
  }

  /** Something came of the answer. */
  touch(): void {
    this.#idleTimer?.refresh();
  }

  stop(reason: LongshoreError): void {
    this.reason ??= reason;
    this.#watched?.destroy(this.reason);
  }

  /** The call is over: nothing is watched any more. */
  end(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#openTimer);
    clearTimeout(this.#idleTimer);
    this.#call.signal?.removeEventListener("abort", this.#onAbort);
    this.#all.delete(this);
  }

  readonly #onAbort = () => this.stop(toCanceled(this.#call));

  readonly #onTimeout = (timeoutMs: number) => {
    const seconds = timeoutMs / 1000;
    this.stop(
      new LongshoreError(
        "timeout",
        `Cannot ${this.#call.what}: the engine did not answer within ${seconds} s`,
        {
          hint: "The engine may be overloaded; `docker info` shows whether it answers at all.",
        },
      ),
    );
  };
}

function toCanceled(call: GuardedCall): LongshoreError {
  return new LongshoreError("canceled", `Canceled: ${call.what}`, { cause: call.signal?.reason });
}
