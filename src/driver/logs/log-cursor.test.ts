import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LogPosition } from "../../task/index.ts";
import { LogCursor } from "./log-cursor.ts";

interface Frame {
  readonly timeNs: bigint;
  readonly id: number;
}

/** What the engine sends from an instant on: all frames at or after it, in the log's order. */
function resume(log: readonly Frame[], { timeNs, frames }: LogPosition): readonly Frame[] {
  return log.filter((frame) => frame.timeNs >= BigInt(timeNs)).slice(frames);
}

describe("a log cursor", () => {
  it("counts from the beginning at first, then from a moment ago", () => {
    const cursor = new LogCursor(0n);
    cursor.take(5n);
    expect(cursor.take(5n)).toEqual({ timeNs: "0", frames: 2 });
    for (const timeNs of [6n, 7n, 8n]) cursor.take(timeNs);
    expect(cursor.take(9n)).toEqual({ timeNs: "6", frames: 4 });
  });

  it("finds its place again wherever it stops, in an output whose two streams are timed a little apart", () => {
    // Times grow, and each may be exchanged with the one before, as when two writers race.
    const log = fc
      .array(fc.record({ step: fc.bigInt({ min: 0n, max: 2n }), repeat: fc.nat(3), swap: fc.boolean() }))
      .map((parts) => {
        let now = 1_700_000_000_000_000_000n;
        const times = parts.flatMap(({ step, repeat }) => {
          now += step;
          return Array.from({ length: repeat + 1 }, () => now);
        });
        parts.forEach(({ swap }, at) => {
          const [one, two] = [times[2 * at], times[2 * at + 1]];
          if (swap && one !== undefined && two !== undefined) times.splice(2 * at, 2, two, one);
        });
        return times.map((timeNs, id) => ({ timeNs, id }));
      });
    fc.assert(
      fc.property(log, fc.nat(), (frames, at) => {
        const stop = frames.length === 0 ? 0 : at % frames.length;
        const cursor = new LogCursor(0n);
        let position: LogPosition | undefined;
        for (const frame of frames.slice(0, stop)) position = cursor.take(frame.timeNs);
        if (position === undefined) return;
        expect(resume(frames, position).map(({ id }) => id)).toEqual(frames.slice(stop).map(({ id }) => id));
      }),
    );
  });
});
