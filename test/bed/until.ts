/**
 * Reads until an item satisfies the predicate and answers it. Rejects when the items end first, or with the
 * signal's reason when it aborts (the items must end or reject on it themselves).
 */
export async function until<T, S extends T>(
  items: AsyncIterable<T>,
  predicate: (item: T) => item is S,
  options?: { readonly signal?: AbortSignal },
): Promise<S>;
export async function until<T>(
  items: AsyncIterable<T>,
  predicate: (item: T) => boolean,
  options?: { readonly signal?: AbortSignal },
): Promise<T>;
export async function until<T>(
  items: AsyncIterable<T>,
  predicate: (item: T) => boolean,
  options: { readonly signal?: AbortSignal } = {},
): Promise<T> {
  const { signal } = options;
  const iterator = items[Symbol.asyncIterator]();
  try {
    for (;;) {
      const result = await abortable(iterator.next(), signal);
      if (result.done === true) throw new Error("the items ended before one satisfied the predicate");
      if (predicate(result.value)) return result.value;
    }
  } finally {
    // Not awaited: a generator that hangs in next() would never answer.
    iterator.return?.().catch(() => undefined);
  }
}

/** The promise, or a rejection with the signal's reason as soon as it aborts. */
export async function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await promise;
  signal.throwIfAborted();
  const { promise: aborted, reject } = deferred<never>();
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}

export interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(reason: unknown): void;
}

/** A promise that is settled from outside, for example to let a held request go on. */
export function deferred<T = void>(): Deferred<T> {
  let resolve: (value: T) => void = () => undefined;
  let reject: (reason: unknown) => void = () => undefined;
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  // Nobody may be listening yet.
  promise.catch(() => undefined);
  return { promise, resolve: (value) => resolve(value), reject: (reason) => reject(reason) };
}
