import { describe, expect, it } from "vitest";
import { next, type TaskState, type TaskStep } from "./task-state.ts";

const at = new Date(1000);
const later = new Date(2000);
const exit = { exitCode: 0, signal: 0, oomKilled: false };
const pending: TaskState = { phase: "pending" };
const running: TaskState = { phase: "running", startedAt: at };
const stopping: TaskState = { phase: "stopping", startedAt: at };
const exited: TaskState = { phase: "exited", startedAt: at, finishedAt: later, exit };
const exitedUnseen: TaskState = { phase: "exited", startedAt: undefined, finishedAt: later, exit };
const started: TaskStep = { type: "started", at };
const stop: TaskStep = { type: "stop-requested" };
const end: TaskStep = { type: "exited", at: later, exit };
const secondEnd: TaskStep = { type: "exited", at, exit: { ...exit, exitCode: 9 } };

describe("a task's state", () => {
  it.each<[string, TaskState, TaskStep, TaskState]>([
    ["starts", pending, started, running],
    ["starts once", running, { ...started, at: later }, running],
    ["stops when it runs", running, stop, stopping],
    ["stops once", stopping, stop, stopping],
    ["has nothing to stop before it runs", pending, stop, pending],
    ["exits by itself", running, end, exited],
    ["exits by a stop", stopping, end, exited],
    ["exits before its start is known", pending, end, exitedUnseen],
    ["hears of its start late", exitedUnseen, started, exited],
    ["exits once", exited, secondEnd, exited],
    ["does not come back", exited, started, exited],
    ["has nothing to stop after its end", exited, stop, exited],
    ["still stops when its start is told again", stopping, started, stopping],
  ])("%s", (_title, before, step, after) => {
    expect(next(before, step)).toEqual(after);
  });
});
