import { LongshoreError, longestTimerMs, onAbort, startTimer, toCanceled } from "../task/index.ts";

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
  readonly #all: Set<CallGuard>;
  readonly #listening: Disposable | undefined;
  readonly #timer: Disposable | undefined;
  readonly #openTimer: Disposable | undefined;
  readonly #idleTimer: NodeJS.Timeout | undefined;
  #watched: Stoppable | undefined;

  /** Throws `canceled` when the signal has aborted already. */
  constructor(call: GuardedCall, all: Set<CallGuard>) {
    this.#all = all;
    const { what, signal, timeoutMs, openTimeoutMs, idle } = call;
    if (signal?.aborted) throw toCanceled(signal, what);
    if (signal !== undefined) {
      this.#listening = onAbort(signal, () => this.stop(toCanceled(signal, what)));
    }
    if (timeoutMs !== undefined) {
      this.#timer = startTimer(timeoutMs, () => this.stop(toTimeout(what, timeoutMs)));
    }
    if (openTimeoutMs !== undefined) {
      this.#openTimer = startTimer(openTimeoutMs, () => this.stop(toTimeout(what, openTimeoutMs)));
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
    this.#openTimer?.[Symbol.dispose]();
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
    this.#timer?.[Symbol.dispose]();
    this.#openTimer?.[Symbol.dispose]();
    clearTimeout(this.#idleTimer);
    this.#listening?.[Symbol.dispose]();
    this.#all.delete(this);
  }
}

function toTimeout(what: string, timeoutMs: number): LongshoreError {
  const message = `Cannot ${what}: the engine did not answer within ${timeoutMs / 1000} s`;
  return new LongshoreError("timeout", message, {
    hint: "The engine may be overloaded; `docker info` shows whether it answers at all.",
  });
}
