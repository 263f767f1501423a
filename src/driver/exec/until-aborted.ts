import { Deferred, onAbort } from "../waiting.ts";

/** The items until the signal aborts, also when the next one never comes. */
export async function* untilAborted<T>(items: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const aborted = new Deferred<undefined>();
  const abort = () => aborted.resolve(undefined);
  if (signal.aborted) abort();
  using _listening = onAbort(signal, abort);
  const iterator = items[Symbol.asyncIterator]();
  try {
    for (;;) {
      const result = await Promise.race([iterator.next(), aborted.promise]);
      if (result === undefined || result.done) return;
      yield result.value;
    }
  } finally {
    // Not awaited: one that waits for its next item would not answer.
    iterator.return?.().catch(() => undefined);
  }
}
