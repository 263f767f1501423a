import { describe, expect, it } from "vitest";
import type { TaskEventDetail } from "../task/index.ts";
import type { Clock } from "./clock.ts";
import { createKillPatience } from "./kill-patience.ts";

/** A clock on which time is over when the test says so. */
function createHeldClock() {
  const sleeps: { readonly ms: number; readonly signal: AbortSignal | undefined; wake(): void }[] = [];
  const clock: Clock = {
    now: () => new Date(0),
    monotonicMs: () => 0,
    sleep: (ms, { signal } = {}) =>
      new Promise((resolve, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason));
        sleeps.push({ ms, signal, wake: resolve });
      }),
  };
  return { clock, sleeps };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function setUp() {
  const { clock, sleeps } = createHeldClock();
  const patience = createKillPatience(clock);
  const hear = (type: "engine-lost" | "engine-back"): void => patience.hear({ detail: { type } });
  return { sleeps, patience, hear };
}

const removed: TaskEventDetail = { type: "removed", containerId: "c" };

describe("the patience with an engine", () => {
  it("has no end before a kill", () => {
    const { patience, hear, sleeps } = setUp();
    hear("engine-lost");
    expect([patience.over.aborted, sleeps]).toEqual([false, []]);
  });

  it("ends at once when the engine is lost and a kill is asked for, in either order", () => {
    const first = setUp();
    first.hear("engine-lost");
    first.patience.kill();
    expect(first.patience.over.reason).toMatchObject({ kind: "unavailable" });
    const second = setUp();
    second.patience.kill();
    second.hear("engine-lost");
    expect(second.patience.over.aborted).toBe(true);
  });

  it("goes on with an engine that came back", () => {
    const { patience, hear } = setUp();
    hear("engine-lost");
    hear("engine-back");
    patience.kill();
    expect(patience.over.aborted).toBe(false);
  });

  it("lasts 10 s from the last that was heard, and no longer than the job", async () => {
    const { patience, sleeps } = setUp();
    patience.kill();
    patience.hear({ detail: removed });
    expect(sleeps.map(({ ms, signal }) => [ms, signal?.aborted])).toEqual([
      [10_000, true],
      [10_000, false],
    ]);
    sleeps[0]?.wake();
    await settled();
    expect(patience.over.aborted).toBe(false);
    sleeps[1]?.wake();
    await settled();
    expect(patience.over.aborted).toBe(true);
    const other = setUp();
    other.patience.kill();
    other.patience[Symbol.dispose]();
    expect(other.sleeps[0]?.signal?.aborted).toBe(true);
  });
});
