import { LongshoreError, longestTimerMs } from "../task/index.ts";

/** Time as the agent sees it, so that tests need not wait. */
export interface Clock {
  /** Wall-clock time, for people. */
  now(): Date;
  /** Milliseconds that only ever grow, for intervals: no jump of the wall clock shows in it. */
  monotonicMs(): number;
  /** Resolves after `ms`; rejects with kind `canceled` when the signal aborts first. */
  sleep(ms: number, options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
}

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  async sleep(ms, { signal } = {}) {
    for (let left = ms; left > 0; left -= longestTimerMs) await timer(Math.min(left, longestTimerMs), signal);
  },
};

function timer(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(canceled(signal));
    const onAbort = (): void => {
      clearTimeout(handle);
      if (signal !== undefined) reject(canceled(signal));
    };
    const handle = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

/** The error of a wait that was given up because `signal` aborted. */
export function canceled(signal: AbortSignal): LongshoreError {
  return new LongshoreError("canceled", "the wait was given up", { cause: signal.reason });
}
