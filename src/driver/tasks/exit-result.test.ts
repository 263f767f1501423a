import { describe, expect, it } from "vitest";
import { parseEngineDate, parseOomKills, toExitResult } from "./exit-result.ts";

describe("an exit", () => {
  it.each([
    [0, false, { exitCode: 0, signal: 0, oomKilled: false }],
    [1, false, { exitCode: 1, signal: 0, error: "Docker container exited with non-zero exit code: 1" }],
    [128, false, { signal: 0 }],
    [137, false, { signal: 9, error: "Docker container exited with non-zero exit code: 137" }],
    [143, false, { signal: 15 }],
    [192, false, { signal: 64 }],
    [193, false, { signal: 0 }],
    [137, true, { signal: 9, oomKilled: true, error: "OOM Killed" }],
    [0, true, { exitCode: 0, oomKilled: true, error: "OOM Killed" }],
  ])("with code %i and killed for memory %j", (code, oom, result) => {
    expect(toExitResult(code, oom)).toMatchObject(result);
  });

  it("has a time unless it is the engine's zero", () => {
    expect(parseEngineDate("2024-01-02T03:04:05.123456789Z")).toEqual(new Date("2024-01-02T03:04:05.123Z"));
    expect(parseEngineDate("0001-01-01T00:00:00Z")).toBeUndefined();
    expect(parseEngineDate("")).toBeUndefined();
  });

  it("counts cgroup v2's kills for memory", () => {
    expect(parseOomKills("low 0\nhigh 0\nmax 4\noom 2\noom_kill 1\noom_group_kill 0\n")).toBe(1);
    expect(parseOomKills("")).toBe(0);
  });
});
