import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Ticker } from "./ticker.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const never = new AbortController().signal;

test("all who wait in one interval share a timer, and those who come late the tick", async () => {
  const ticker = new Ticker();
  const first = [ticker.next(1000, never), ticker.next(1000, never)];
  const other = ticker.next(500, never);
  expect(ticker.timers).toBe(2);
  expect(vi.getTimerCount()).toBe(2);
  await vi.advanceTimersByTimeAsync(900);
  await other;
  const late = ticker.next(1000, never);
  expect(vi.getTimerCount()).toBe(1);
  await vi.advanceTimersByTimeAsync(100);
  await Promise.all([...first, late]);
  expect(ticker.timers).toBe(0);
});

test("no timer is left when nobody waits any more", async () => {
  const ticker = new Ticker();
  const [one, two] = [new AbortController(), new AbortController()];
  const waits = [ticker.next(1000, one.signal), ticker.next(1000, two.signal)];
  one.abort();
  await expect(waits[0]).rejects.toMatchObject({ kind: "canceled" });
  expect(vi.getTimerCount()).toBe(1);
  two.abort();
  await expect(waits[1]).rejects.toMatchObject({ kind: "canceled" });
  expect(vi.getTimerCount()).toBe(0);
});
