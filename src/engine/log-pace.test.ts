import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { TimedFrame } from "./frames.ts";
import { FollowedPace } from "./log-pace.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Lines that were written so long before now. */
function lines(count: number, ageMs: number): TimedFrame[] {
  const timeNs = BigInt(Date.now() - ageMs) * 1_000_000n;
  return Array.from({ length: count }, () => ({ stream: "stdout", data: Buffer.from("line\n"), timeNs }));
}

describe("a followed log", () => {
  it.each([
    ["that comes at once is in time", 200, [2, 40, 3], [false, false, false]],
    ["of an engine whose clock is behind is in time", 200, [3_600_002, 3_600_003], [false, false]],
    ["of an engine whose clock is ahead may come late", 200, [-3_600_000, -3_599_000], [false, true]],
    ["that begins long ago is in time", 200, [90_000, 50_000, 2], [false, false, false]],
    ["that has little to say may come late", 9, [2, 900, 800], [false, false, false]],
    ["that comes late for longer is behind", 60, [2, 900, 800], [false, false, true]],
    ["that is in time again has caught up", 60, [2, 900, 3, 900], [false, false, false, false]],
  ] as const)("%s", (_, count, agesMs, behind) => {
    const pace = new FollowedPace();
    const found = agesMs.map((ageMs) => {
      vi.advanceTimersByTime(5000);
      return pace.isBehind(lines(count, ageMs));
    });
    expect(found).toEqual(behind);
  });

  it("may hand over the end of a long line late, whose parts have one time", () => {
    const pace = new FollowedPace();
    const batch = lines(200, 0);
    expect(pace.isBehind(batch)).toBe(false);
    vi.advanceTimersByTime(5000);
    expect(pace.isBehind(batch)).toBe(false);
  });
});
