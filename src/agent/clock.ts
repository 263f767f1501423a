import { pause } from "../task/index.ts";

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
  sleep: (ms, { signal } = {}) => pause(ms, signal),
};

/** Waits until the promise is settled, no longer than `ms`, and until the signal aborts at most. Never rejects. */
export async function waitAtMost(
  clock: Clock,
  promise: Promise<unknown>,
  { ms, signal }: { readonly ms: number; readonly signal: AbortSignal },
): Promise<void> {
  const settled = new AbortController();
  const late = clock.sleep(ms, { signal: AbortSignal.any([settled.signal, signal]) });
  await Promise.allSettled([Promise.race([promise, late])]);
  settled.abort();
}
