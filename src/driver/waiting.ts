import { setMaxListeners } from "node:events";
import type { TimerOptions } from "node:timers";
import { setTimeout as timer } from "node:timers/promises";
import { LongshoreError, longestTimerMs } from "../task/index.ts";

/** A promise that is settled from elsewhere; a rejection that nobody waits for is no accident. */
export class Deferred<T> {
  readonly promise: Promise<T>;
  resolve: (value: T) => void = () => undefined;
  reject: (reason: unknown) => void = () => undefined;

  constructor() {
    this.promise = new Promise<T>((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.promise.catch(() => undefined);
  }
}

/** Calls `abort` when the signal aborts, until it is disposed; many may listen to one signal. */
export function onAbort(signal: AbortSignal, abort: () => void): Disposable {
  // Each takes itself away again: many at once are no leak.
  setMaxListeners(0, signal);
  signal.addEventListener("abort", abort, { once: true });
  return { [Symbol.dispose]: () => signal.removeEventListener("abort", abort) };
}

/** The promise, or a rejection with `canceled` as soon as the signal aborts; the promise's work goes on. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await promise;
  const aborted = new Deferred<never>();
  const abort = () => aborted.reject(toCanceled(signal));
  if (signal.aborted) abort();
  using _listening = onAbort(signal, abort);
  return await Promise.race([aborted.promise, promise]);
}

/** Whether the promise settled within the time, in milliseconds; rejections count as settled. */
export async function settlesWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  const ending = new AbortController();
  const settled = promise.then(
    () => true,
    () => true,
  );
  const late = sleep(ms, { signal: ending.signal }).then(
    () => false,
    () => false,
  );
  try {
    return await Promise.race([settled, late]);
  } finally {
    ending.abort();
  }
}

/** Waits; rejects with `canceled` when the signal aborts. With `unref` the wait alone keeps no process alive. */
export async function pause(
  ms: number,
  signal: AbortSignal | undefined,
  { unref = false } = {},
): Promise<void> {
  try {
    await sleep(ms, { ref: !unref, ...(signal !== undefined && { signal }) });
  } catch (cause) {
    if (signal?.aborted) throw toCanceled(signal);
    throw cause;
  }
}

async function sleep(ms: number, options: TimerOptions): Promise<void> {
  let leftMs = ms;
  for (; leftMs > longestTimerMs; leftMs -= longestTimerMs) await timer(longestTimerMs, undefined, options);
  await timer(leftMs, undefined, options);
}

function toCanceled(signal: AbortSignal): LongshoreError {
  return new LongshoreError("canceled", "The wait was canceled", { cause: signal.reason });
}
