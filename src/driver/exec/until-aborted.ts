import { onAbort } from "../../task/index.ts";

/** The items until the signal aborts, also when the next one never comes. */
export async function* untilAborted<T>(items: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const iterator = items[Symbol.asyncIterator]();
  let stop: () => void = () => undefined;
  using _listening = onAbort(signal, () => stop());
  // A race with one promise for all of them would keep every item until the end.
  const next = () =>
    new Promise<IteratorResult<T> | undefined>((resolve, reject) => {
      stop = () => resolve(undefined);
      iterator.next().then(resolve, reject);
    });
  try {
    while (!signal.aborted) {
      const result = await next();
      if (result === undefined || result.done) return;
      yield result.value;
    }
  } finally {
    // Not awaited: one that waits for its next item would not answer.
    iterator.return?.().catch(() => undefined);
  }
}
