import { settlesWithin } from "../task/index.ts";

export interface RepeatTimes<T> {
  /** Stands in for the first item when none has come for `firstMs`. */
  readonly first: T;
  readonly firstMs: number;
  readonly everyMs: number;
}

/** The items as they come, and the last one again whenever none has come for `everyMs`. */
export async function* repeatLast<T>(
  items: AsyncIterable<T>,
  { first, firstMs, everyMs }: RepeatTimes<T>,
  signal: AbortSignal,
): AsyncGenerator<T> {
  const iterator = items[Symbol.asyncIterator]();
  let last = first;
  let pending = iterator.next();
  try {
    for (let waitMs = firstMs; !signal.aborted; waitMs = everyMs) {
      if (await settlesWithin(pending, waitMs)) {
        const next = await pending;
        if (next.done) return;
        last = next.value;
        pending = iterator.next();
      }
      yield last;
    }
  } finally {
    // Not awaited: an iterator that waits for its next item ends after that.
    iterator.return?.().catch(() => undefined);
  }
}
