import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KnownFrames, type LogPlace, nextPlace } from "./log-place.ts";

interface Frame {
  readonly timeNs: bigint;
  readonly id: number;
}

const beginNs = 1_700_000_000_000_000_000n;
const secondNs = 1_000_000_000n;

function placeAfter(frames: readonly Frame[]): LogPlace | undefined {
  return frames.reduce<LogPlace | undefined>((place, { timeNs }) => nextPlace(place, timeNs), undefined);
}

/** What a reading of a log goes on with after its first `stop` frames. */
function resume(log: readonly Frame[], stop: number): readonly number[] {
  const known = new KnownFrames(placeAfter(log.slice(0, stop)));
  return log.filter(({ timeNs }) => !known.has(timeNs)).map(({ id }) => id);
}

/** Two streams, each in order, the second one's frames late by up to `lateNs`. */
function twoStreams(lateNs: bigint, stepNs: bigint): fc.Arbitrary<readonly Frame[]> {
  const part = fc.record({
    step: fc.bigInt({ min: 0n, max: stepNs }),
    repeat: fc.nat(4),
    late: fc.option(fc.bigInt({ min: 0n, max: lateNs })),
  });
  return fc.array(part, { minLength: 1, maxLength: 200 }).map((parts) => {
    let now = beginNs;
    const frames = parts.flatMap(({ step, repeat, late }) => {
      now += step;
      return Array.from({ length: repeat + 1 }, () => ({ timeNs: now, at: now + (late ?? 0n) }));
    });
    frames.sort((one, other) => Number(one.at - other.at));
    return frames.map(({ timeNs }, id) => ({ timeNs, id }));
  });
}

const toLog = (seconds: readonly number[]) =>
  seconds.map((second, id) => ({ timeNs: beginNs + BigInt(second) * secondNs, id }));

describe("a place in a log", () => {
  it.each<[string, bigint, bigint]>([
    ["a little in a fast output", 1000n, 20n],
    ["by as much as the output takes", 1_000_000n, 1000n],
    ["by most of a second", 900_000_000n, 400_000_000n],
    ["by nothing, and time itself stands still", 0n, 0n],
  ])("leads to the very next frame wherever reading stops, where streams are apart %s", (_, late, step) => {
    fc.assert(
      fc.property(twoStreams(late, step), fc.nat(), (log, cut) => {
        const stop = cut % log.length;
        expect(resume(log, stop)).toEqual(log.slice(stop).map(({ id }) => id));
      }),
    );
  });

  it("leads to the very next frame after the clock was set back or ahead", () => {
    const log = toLog([100, 101, 102, 40, 41, 42, 42, 900, 901, 43, 44]);
    for (let stop = 0; stop <= log.length; stop++) {
      expect(resume(log, stop)).toEqual(log.slice(stop).map(({ id }) => id));
    }
  });

  it("is found in a part of the log that holds its frame", () => {
    const log = toLog([1, 2, 3, 4, 5, 6]);
    const known = new KnownFrames(placeAfter(log.slice(0, 4)));
    const read = log.slice(2).filter(({ timeNs }) => !known.has(timeNs));
    expect(read).toEqual(log.slice(4));
    expect(known.found).toBe(true);
  });

  it("is not found where its frame is gone", () => {
    const log = toLog([1, 2, 3, 4, 5, 6]);
    const known = new KnownFrames(placeAfter(log.slice(0, 2)));
    expect(log.slice(2).every(({ timeNs }) => known.has(timeNs))).toBe(true);
    expect(known.found).toBe(false);
  });

  it("counts a frame without a time after the one before it", () => {
    expect(nextPlace({ timeNs: 5n, frames: 1 }, undefined)).toEqual({ timeNs: 5n, frames: 2 });
    expect(nextPlace(undefined, undefined)).toBeUndefined();
  });
});
