import { describe, expect, it } from "vitest";
import type { PullProgress, TaskEvent, TaskEventDetail } from "../task/index.ts";
import { UserEvents } from "./user-events.ts";

const event = (detail: TaskEventDetail, seconds: number, taskId = "a"): TaskEvent => ({
  taskId,
  allocId: "alloc",
  taskName: "app",
  at: new Date(seconds * 1000),
  message: "",
  detail,
});
// What of a progress is told does not matter here.
const progress: TaskEventDetail = { type: "pull-progress", progress: {} as PullProgress };

describe("UserEvents", () => {
  it("shows the pull's beginning and end, and of its progress one a minute for each task", () => {
    const shown = new UserEvents();
    expect(shown.isShown(event({ type: "pull-started", image: "x" }, 0))).toBe(true);
    const seconds = [1, 59, 60, 61, 119, 120];
    expect(seconds.map((at) => shown.isShown(event(progress, at)))).toEqual([
      false,
      false,
      true,
      false,
      false,
      true,
    ]);
    expect(shown.isShown(event(progress, 121, "b"))).toBe(true);
    const finished: TaskEventDetail = { type: "pull-finished", image: "x", sizeBytes: 1, durationMs: 1 };
    expect(shown.isShown(event(finished, 122))).toBe(true);
  });

  it("leaves to the agent what it tells by itself", () => {
    const shown = new UserEvents();
    const exit = { exitCode: 0, signal: 0, oomKilled: false };
    expect(shown.isShown(event({ type: "created", containerId: "c" }, 0))).toBe(false);
    expect(shown.isShown(event({ type: "exited", exit }, 0))).toBe(false);
    expect(shown.isShown(event({ type: "note" }, 0))).toBe(true);
    expect(shown.isShown(event({ type: "engine-lost" }, 0))).toBe(true);
  });
});
