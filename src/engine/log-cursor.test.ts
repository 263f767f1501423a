import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countKnown, LogCursor, type LogPlace } from "./log-cursor.ts";

interface Frame {
  readonly timeNs: bigint;
  readonly id: number;
}

const beginNs = 1_700_000_000_000_000_000n;
const secondNs = 1_000_000_000n;

/** What the engine sends from an instant on: all frames at or after it, in the log's order. */
function send(log: readonly Frame[], { sinceNs }: LogPlace): readonly Frame[] {
  return log.filter(({ timeNs }) => timeNs >= (sinceNs ?? 0n));
}

/** Goes on from wherever a reading of the first `stop` frames ended. */
function resume(log: readonly Frame[], stop: number, cursor: LogCursor): readonly Frame[] {
  for (const { timeNs } of log.slice(0, stop)) cursor.take(timeNs);
  const place = cursor.position();
  const sent = send(log, place);
  return sent.slice(countKnown(place, sent[0]?.timeNs));
}

/** Two streams, each in order, the second one's frames late by up to `lateNs`. */
function twoStreams(lateNs: bigint, stepNs: bigint, most = 200): fc.Arbitrary<readonly Frame[]> {
  const part = fc.record({
    step: fc.bigInt({ min: 0n, max: stepNs }),
    repeat: fc.nat(4),
    late: fc.option(fc.bigInt({ min: 0n, max: lateNs })),
  });
  return fc.array(part, { minLength: 1, maxLength: most }).map((parts) => {
    let now = beginNs;
    const frames = parts.flatMap(({ step, repeat, late }) => {
      now += step;
      return Array.from({ length: repeat + 1 }, () => ({ timeNs: now, at: now + (late ?? 0n) }));
    });
    frames.sort((one, other) => Number(one.at - other.at));
    return frames.map(({ timeNs }, id) => ({ timeNs, id }));
  });
}

describe("a log cursor", () => {
  it("that has taken nothing goes on where it began", () => {
    expect(new LogCursor(undefined).position()).toEqual({ sinceNs: undefined, frames: 0 });
    expect(new LogCursor(5n).position()).toEqual({ sinceNs: 5n, frames: 0 });
  });

  it("counts frames of one instant one by one", () => {
    const cursor = new LogCursor(2n);
    for (const timeNs of [2n, 2n, 2n]) cursor.take(timeNs);
    expect(cursor.position()).toEqual({ sinceNs: 2n, frames: 3 });
  });

  it("counts from the beginning at first, then from a second ago", () => {
    const cursor = new LogCursor(undefined);
    for (const second of [0n, 1n, 2n]) cursor.take(beginNs + second * secondNs);
    expect(cursor.position()).toEqual({ sinceNs: beginNs + secondNs, frames: 2 });
  });

  it("has no more to leave out than some 1300 frames, however fast they come", () => {
    const cursor = new LogCursor(undefined);
    let most = 0;
    for (let at = 0n; at < 100_000n; at++) {
      cursor.take(beginNs + at);
      most = Math.max(most, cursor.position().frames);
    }
    expect(most).toBeLessThan(1300);
  });

  it.each<[string, bigint, bigint, number]>([
    ["a little in a fast output", 1000n, 20n, 2000],
    ["by as much as the output takes", 1_000_000n, 1000n, 200],
    ["by most of a second", 900_000_000n, 400_000_000n, 200],
  ])(
    "goes on with the very next frame wherever it stops, where streams are apart %s",
    (_, late, step, most) => {
      fc.assert(
        fc.property(twoStreams(late, step, most), fc.nat(), (log, cut) => {
          const stop = cut % log.length;
          const rest = resume(log, stop, new LogCursor(undefined));
          expect(rest.map(({ id }) => id)).toEqual(log.slice(stop).map(({ id }) => id));
        }),
      );
    },
  );

  it("goes on from a frame that the engine sends first, so that a lost one shows, also in a reading that went on", () => {
    fc.assert(
      fc.property(twoStreams(1_000_000n, 300_000_000n), fc.nat(), fc.nat(), (log, cut, cutAgain) => {
        const first = new LogCursor(undefined);
        const stop = cut % log.length;
        resume(log, stop, first);
        const place = first.position();
        const sent = send(log, place);
        if (place.sinceNs !== undefined) expect(sent[0]?.timeNs).toBe(place.sinceNs);
        const second = new LogCursor(place.sinceNs);
        const stopAgain = cutAgain % (sent.length + 1);
        const rest = resume(sent, stopAgain, second);
        expect(rest.map(({ id }) => id)).toEqual(sent.slice(stopAgain).map(({ id }) => id));
      }),
    );
  });

  it("loses nothing after the clock was set back", () => {
    const times = [100n, 101n, 102n, 40n, 41n, 42n].map((second) => beginNs + second * secondNs);
    const log = times.map((timeNs, id) => ({ timeNs, id }));
    for (const stop of [4, 5, 6]) {
      const cursor = new LogCursor(undefined);
      for (const { timeNs } of log.slice(0, stop)) cursor.take(timeNs);
      const place = cursor.position();
      const sent = send(log, place);
      const rest = sent.slice(countKnown(place, sent[0]?.timeNs));
      expect(rest).toEqual(expect.arrayContaining(log.slice(stop)));
    }
  });

  it("takes a log's own first frame for its start, where the moment to go on from is lost", () => {
    const cursor = new LogCursor(beginNs);
    cursor.take(beginNs + 7n);
    expect(cursor.position()).toEqual({ sinceNs: beginNs + 7n, frames: 1 });
    expect(countKnown({ sinceNs: beginNs, frames: 3 }, beginNs + 7n)).toBe(0);
    expect(countKnown({ sinceNs: beginNs, frames: 3 }, beginNs)).toBe(3);
    expect(countKnown({ sinceNs: undefined, frames: 3 }, beginNs)).toBe(3);
  });
});
