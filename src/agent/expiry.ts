import type { AllocWork } from "./alloc-work.ts";
import { toDurationText } from "./duration-text.ts";
import { toAllocName } from "./task-place.ts";

/** Calls `expire` with a sentence when the group's `max_run_duration` is over, until it is disposed of. */
export function watchExpiry(
  { scope, group, record }: Pick<AllocWork, "scope" | "group" | "record">,
  expire: (why: string) => void,
): Disposable {
  const end = new AbortController();
  const { clock, logger } = scope.context;
  const { maxRunDurationMs: mostMs } = group;
  if (mostMs !== undefined) {
    // The run before may have had a part of it; a clock that was set back gives no more than the whole.
    const leftMs = Math.min(mostMs, record.createdAtMs + mostMs - clock.now().getTime());
    const why = `it ran as long as max_run_duration allows (${toDurationText(mostMs)})`;
    const onOver = (): void => {
      logger.warn(`${toAllocName(scope.job, group.name, record.index)} is stopped: ${why}`);
      expire(why);
    };
    clock.sleep(Math.max(0, leftMs), { signal: end.signal }).then(onOver, () => undefined);
  }
  return { [Symbol.dispose]: () => end.abort() };
}
