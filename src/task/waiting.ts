import { setMaxListeners } from "node:events";
import { LongshoreError } from "./errors.ts";
import { startTimer } from "./timer.ts";

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

/** Resolves when the signal aborts, or has aborted already. */
export async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => onAbort(signal, resolve));
}

/**
 * The promise, or a rejection with `canceled` as soon as the signal aborts; the promise's work goes on. `what` is waited
 * for or done, and completes "Canceled: ..." in the error's text.
 */
export async function unlessAborted<T>(
  promise: Promise<T>,
  signal: AbortSignal | undefined,
  what?: string,
): Promise<T> {
  if (signal === undefined) return await promise;
  const aborted = new Deferred<never>();
  const abort = () => aborted.reject(toCanceled(signal, what));
  if (signal.aborted) abort();
  using _listening = onAbort(signal, abort);
  return await Promise.race([aborted.promise, promise]);
}

/** Whether the promise settled within the time, in milliseconds; rejections count as settled. */
export async function settlesWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  const late = new Deferred<boolean>();
  using _timer = startTimer(ms, () => late.resolve(false));
  const settled = promise.then(
    () => true,
    () => true,
  );
  return await Promise.race([settled, late.promise]);
}

/** Waits; rejects with `canceled` when the signal aborts. With `unref` the wait alone keeps no process alive. */
export async function pause(
  ms: number,
  signal: AbortSignal | undefined,
  { unref = false } = {},
): Promise<void> {
  const over = new Deferred<void>();
  using _timer = startTimer(ms, over.resolve, { unref });
  await unlessAborted(over.promise, signal);
}

/** The error of what is given up because the signal aborted; `what` completes "Canceled: ...". */
export function toCanceled(signal: AbortSignal | undefined, what = "waiting"): LongshoreError {
  return new LongshoreError("canceled", `Canceled: ${what}`, { cause: signal?.reason });
}
