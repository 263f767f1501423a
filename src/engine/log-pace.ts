import type { TimedFrame } from "./frames.ts";

/** How much later than the quickest before it a batch may come, milliseconds. */
const lateMs = 100;
/** Less than lies in a socket that an engine waits for. */
const lateBytes = 64 * 1024;
/** What a small frame takes of a socket's room beside its data: Linux keeps one buffer for each. */
const frameBytes = 768;

const nanosPerMs = 1_000_000n;

/**
 * Tells when a followed log comes late, be it the reader, this process or the way that holds it up. Engines (seen on
 * 20.10) that begin more than one log file meanwhile leave out those between, or fall silent. Lateness is told by the
 * frames' own times against the quickest one, so that two clocks need not agree.
 */
export class FollowedPace {
  #leastMs = Number.POSITIVE_INFINITY;
  #lastNs: bigint | undefined;
  #lateBytes = 0;

  /** Takes the batch that comes now. Whether so much has come late that it, or what follows, may leave something out. */
  isBehind(batch: readonly TimedFrame[]): boolean {
    const timeNs = batch[0]?.timeNs;
    // The parts of a long line all have the time of the first.
    if (timeNs === undefined || timeNs === this.#lastNs) return false;
    this.#lastNs = batch.at(-1)?.timeNs;
    const ms = Date.now() - Number(timeNs / nanosPerMs);
    this.#leastMs = Math.min(this.#leastMs, ms);
    this.#lateBytes = ms - this.#leastMs > lateMs ? this.#lateBytes + sizeOf(batch) : 0;
    return this.#lateBytes > lateBytes;
  }
}

function sizeOf(batch: readonly TimedFrame[]): number {
  return batch.reduce((bytes, { data }) => bytes + frameBytes + data.length, 0);
}
