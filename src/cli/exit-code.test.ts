import { describe, expect, it } from "vitest";
import type { JobOutcome } from "../agent/agent.ts";
import { toExitCode } from "./exit-code.ts";

const task = { allocId: "a", allocName: "j.g[0]", group: "g", allocIndex: 0, task: "t" };

function failed(exitCode: number | undefined): JobOutcome {
  const exit = exitCode === undefined ? undefined : { exitCode, signal: 0, oomKilled: false };
  const failedTask = { task, state: "failed", exit, error: undefined, restarts: 0, runTimeMs: 1 } as const;
  return { state: "failed", failedTask, tasks: [failedTask] };
}

describe("toExitCode", () => {
  it("is the failing task's own code", () => {
    expect(toExitCode(failed(3))).toBe(3);
    expect(toExitCode(failed(137))).toBe(137);
  });

  it("is 1 where the failing task has no code of its own", () => {
    expect(toExitCode(failed(undefined))).toBe(1);
    expect(toExitCode(failed(0))).toBe(1);
    expect(toExitCode({ state: "failed", failedTask: undefined, tasks: [] })).toBe(1);
  });

  it("is 0 for a job that is complete or was stopped", () => {
    expect(toExitCode({ state: "complete", failedTask: undefined, tasks: [] })).toBe(0);
    expect(toExitCode({ state: "stopped", failedTask: undefined, tasks: [] })).toBe(0);
  });
});
