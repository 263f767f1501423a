import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { longestTimerMs, startTimer } from "./timer.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it.each([0, 1, longestTimerMs, longestTimerMs + 1, 2 ** 40])(
  "%d ms are neither cut short nor drawn out",
  (ms) => {
    const onTime = vi.fn();
    startTimer(ms, onTime);
    if (ms > 0) vi.advanceTimersByTime(ms - 1);
    expect(onTime).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(onTime).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
  },
);

it("a timer that is disposed never calls back, in whichever part of its time that is", () => {
  const onTime = vi.fn();
  const [early, late] = [startTimer(2 ** 40, onTime), startTimer(2 ** 40, onTime)];
  early[Symbol.dispose]();
  vi.advanceTimersByTime(longestTimerMs + 1);
  late[Symbol.dispose]();
  expect(vi.getTimerCount()).toBe(0);
  expect(onTime).not.toHaveBeenCalled();
});
