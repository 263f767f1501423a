import fc from "fast-check";
import { expect, it } from "vitest";
import { LogCursor } from "./log-cursor.ts";

it("a reader that has seen nothing goes on where it began", () => {
  expect(new LogCursor(undefined).position()).toEqual({ sinceNs: undefined, seen: 0 });
  expect(new LogCursor(5n).position()).toEqual({ sinceNs: 5n, seen: 0 });
});

it("frames of one instant are left out one by one", () => {
  const cursor = new LogCursor(undefined);
  for (const timeNs of [1n, 2n, 2n, 2n]) cursor.pass(timeNs);
  expect(cursor.position()).toEqual({ sinceNs: 2n, seen: 3 });
});

it("a reading that stops anywhere goes on with the very next frame, also where times go back a little", () => {
  const steps = fc.array(fc.integer({ min: -2, max: 3 }), { minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(steps, fc.nat(), (moves, cut) => {
      let at = 1000n;
      const log = moves.map((move) => {
        at += BigInt(move);
        return at;
      });
      const stop = cut % log.length;
      const cursor = new LogCursor(undefined);
      for (const timeNs of log.slice(0, stop)) cursor.pass(timeNs);
      const { sinceNs, seen } = cursor.position();
      const sent = log.map((timeNs, n) => ({ timeNs, n })).filter(({ timeNs }) => timeNs >= (sinceNs ?? 0n));
      const next = sent[seen]?.n;
      // Frames whose time lies before the last seen one's are not sent again, so what comes next may be later.
      const expected = log.findIndex((timeNs, n) => n >= stop && timeNs >= (sinceNs ?? 0n));
      const recentEnough = log.slice(0, Math.max(0, stop - 64)).every((timeNs) => timeNs < (sinceNs ?? 0n));
      if (recentEnough) expect(next ?? -1).toBe(expected);
    }),
  );
});
