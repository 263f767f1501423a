import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decideRestart, type RestartRules, type RestartState, type TaskEnd } from "./restart-tracker.ts";

const failed: TaskEnd = { type: "exited", successful: false };
const succeeded: TaskEnd = { type: "exited", successful: true };
const fresh: RestartState = { intervalStartMs: 0, count: 0 };

function rules(mode: "fail" | "delay", onSuccess = true, attempts = 2): RestartRules {
  return { onSuccess, policy: { attempts, intervalMs: 60_000, delayMs: 1000, mode } };
}

describe("the restart policy", () => {
  test.each([
    ["a failure within the attempts is restarted", failed, rules("fail"), "restart"],
    ["a service that succeeded is restarted", succeeded, rules("fail"), "restart"],
    ["a batch task that succeeded is complete", succeeded, rules("fail", false), "complete"],
    [
      "a batch task that succeeded is complete without attempts",
      succeeded,
      rules("fail", false, 0),
      "complete",
    ],
    ["a service without attempts fails on success", succeeded, rules("fail", true, 0), "fail"],
    ["a failure without attempts fails", failed, rules("delay", true, 0), "fail"],
    ["a final start error fails", { type: "not-started", retryable: false }, rules("delay"), "fail"],
    ["a passing start error counts", { type: "not-started", retryable: true }, rules("fail"), "restart"],
  ] as const)("%s", (_title, end, given, expected) => {
    expect(decideRestart(fresh, end, given, { nowMs: 5, random: 0 }).decision.type).toBe(expected);
  });

  test("a start anew is at once, and counts for nothing, also where no restarts are allowed", () => {
    const state = { intervalStartMs: 0, count: 1 };
    const renewed = { type: "renewed", reason: "because" } as const;
    const next = decideRestart(state, renewed, rules("fail", false, 0), { nowMs: 5, random: 0 });
    expect(next).toEqual({
      state,
      decision: { type: "restart", delayMs: 0, attempt: 1, reason: "because" },
    });
  });

  test("mode fail gives up after the attempts, and says why", () => {
    const { decision } = decideRestart({ intervalStartMs: 0, count: 2 }, failed, rules("fail"), {
      nowMs: 5,
      random: 0,
    });
    expect(decision).toEqual({
      type: "fail",
      reason: 'exceeded allowed attempts (2) in interval 1m, and mode is "fail"',
    });
  });

  test("mode delay waits for the next interval, which then counts from one", () => {
    const over = decideRestart({ intervalStartMs: 0, count: 2 }, failed, rules("delay"), {
      nowMs: 50_000,
      random: 0,
    });
    expect(over.decision).toMatchObject({ type: "restart", delayMs: 10_001 });
    const after = decideRestart(over.state, failed, rules("delay"), { nowMs: 60_001, random: 0 });
    expect(after.state).toEqual({ intervalStartMs: 60_001, count: 1 });
  });

  test("an old interval's ends do not count", () => {
    const { state } = decideRestart({ intervalStartMs: 0, count: 2 }, failed, rules("fail"), {
      nowMs: 60_001,
      random: 0,
    });
    expect(state).toEqual({ intervalStartMs: 60_001, count: 1 });
  });

  test("the delay gets at most a quarter on top", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (random) => {
        const { decision } = decideRestart(fresh, failed, rules("fail"), { nowMs: 1, random });
        if (decision.type !== "restart") throw new Error("not restarted");
        expect(decision.delayMs).toBeGreaterThanOrEqual(1000);
        expect(decision.delayMs).toBeLessThanOrEqual(1250);
      }),
    );
  });

  test("mode fail never restarts more than the attempts within one interval", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 600 })),
        fc.integer({ min: 0, max: 5 }),
        (steps, attempts) => {
          let state = fresh;
          let restarts = 0;
          let nowMs = 0;
          for (const step of steps) {
            nowMs += step;
            if (nowMs > 60_000) break;
            const next = decideRestart(state, failed, rules("fail", true, attempts), { nowMs, random: 0 });
            state = next.state;
            if (next.decision.type !== "restart") break;
            restarts += 1;
          }
          expect(restarts).toBeLessThanOrEqual(attempts);
        },
      ),
    );
  });
});
