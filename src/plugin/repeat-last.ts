import { within } from "./within.ts";

/** The items as they come, and the last one again whenever none has come for `everyMs`. */
export async function* repeatLast<T>(
  items: AsyncIterable<T>,
  everyMs: number,
  signal: AbortSignal,
): AsyncGenerator<T> {
  const iterator = items[Symbol.asyncIterator]();
  let pending = iterator.next();
  let last: { readonly item: T } | undefined;
  try {
    while (!signal.aborted) {
      const next = await within(pending, everyMs);
      if (next === undefined) {
        if (last !== undefined) yield last.item;
        continue;
      }
      if (next.done) return;
      last = { item: next.value };
      yield next.value;
      pending = iterator.next();
    }
  } finally {
    await iterator.return?.();
  }
}
