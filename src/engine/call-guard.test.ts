import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { CallGuard } from "./call-guard.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("a call may take longer than a timer of Node.js waits, and no longer than it is given", () => {
  const all = new Set<CallGuard>();
  const guards = [
    new CallGuard({ what: "stop it", timeoutMs: 2 ** 40 }, all),
    new CallGuard({ what: "read it", openTimeoutMs: 2 ** 40 }, all),
  ];
  vi.advanceTimersByTime(2 ** 40 - 1);
  expect(guards.map(({ reason }) => reason)).toEqual([undefined, undefined]);
  vi.advanceTimersByTime(1);
  expect(guards.map(({ reason }) => reason?.message)).toEqual([
    "Cannot stop it: the engine did not answer within 1099511627.776 s",
    "Cannot read it: the engine did not answer within 1099511627.776 s",
  ]);
});

it("a call that is over leaves no timer, and hears of no abort", () => {
  const all = new Set<CallGuard>();
  const ending = new AbortController();
  const guard = new CallGuard(
    { what: "look", signal: ending.signal, timeoutMs: 1000, openTimeoutMs: 1000 },
    all,
  );
  guard.end();
  ending.abort();
  expect(vi.getTimerCount()).toBe(0);
  expect([guard.reason, all.size]).toEqual([undefined, 0]);
});
