import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { schemaFaults } from "../../../test/cli/json-schema.ts";
import type { AgentEventDetail, RunEvent } from "../../agent/agent.ts";
import { LongshoreError, OptionsError, type TaskEventDetail } from "../../task/index.ts";
import { JsonEvents, toJsonError } from "./json-events.ts";

const at = new Date("2026-01-02T03:04:05.678Z");
const task = { allocId: "a1", allocName: "j.g[0]", group: "g", allocIndex: 0, task: "t" };
const schema = JSON.parse(readFileSync(new URL("../../../docs/events.schema.json", import.meta.url), "utf8"));
const exit = { exitCode: 3, signal: 0, oomKilled: false, error: "non-zero" };
const containerId = "0123456789ab";
const error = new LongshoreError("not-found", "no such image", { hint: "look at the name" });

type Detail = TaskEventDetail | AgentEventDetail;
type DetailOf<T> = Extract<Detail, { readonly type: T }>;

/** One of each type; a type that is missing here does not compile. */
const details: { readonly [T in Detail["type"]]: DetailOf<T> } = {
  "pull-started": { type: "pull-started", image: "redis" },
  "pull-progress": {
    type: "pull-progress",
    progress: {
      image: "redis",
      receivedBytes: 1,
      totalBytes: 2,
      bytesPerSecond: 3.5,
      secondsLeft: undefined,
      layersDone: 0,
      layersTotal: 1,
    },
  },
  "pull-finished": { type: "pull-finished", image: "redis", sizeBytes: 1, durationMs: 2 },
  created: { type: "created", containerId },
  started: { type: "started", containerId, addresses: ["127.0.0.1:80"] },
  stopping: { type: "stopping", killSignal: "SIGTERM", graceMs: 5000 },
  killed: { type: "killed", containerId },
  exited: { type: "exited", exit },
  oom: { type: "oom", containerId },
  health: { type: "health", status: "healthy", output: "" },
  removed: { type: "removed", containerId },
  "image-removed": { type: "image-removed", image: "redis" },
  "engine-lost": { type: "engine-lost" },
  "engine-back": { type: "engine-back" },
  note: { type: "note" },
  preparing: { type: "preparing", step: "template", what: "local/x" },
  restarting: { type: "restarting", delayMs: 15_000, attempt: 1, reason: "exit code 1" },
  "not-restarting": { type: "not-restarting", reason: "too often" },
  failed: { type: "failed", error },
  recovered: { type: "recovered", containerId },
  waiting: { type: "waiting", ms: 100, reason: "next interval" },
};

const outcome = { task, state: "failed", exit, error, restarts: 1, runTimeMs: 12.3 } as const;
const events: readonly RunEvent[] = [
  { type: "job-started", at, jobId: "j", allocations: 1, tasks: 1, resumed: false },
  { type: "alloc-state", at, allocId: "a1", allocName: "j.g[0]", state: "running", reason: "" },
  ...Object.values(details).map(
    (detail): RunEvent => ({
      type: "task-event",
      at,
      task,
      message: "A sentence.",
      detail,
    }),
  ),
  { type: "log", at, task, stream: "stdout", data: Buffer.from("grüß\n") },
  { type: "log", at, task, stream: "stderr", data: Uint8Array.of(0xff) },
  {
    type: "job-finished",
    at,
    outcome: {
      state: "failed",
      failedTask: outcome,
      tasks: [outcome, { ...outcome, state: "never-started", exit: undefined, error: undefined }],
    },
  },
];

describe("JsonEvents", () => {
  it("writes every event as one line that the schema allows", () => {
    const json = new JsonEvents();
    for (const event of events) {
      const lines = json.toLines(event, 3);
      expect(lines).toHaveLength(1);
      for (const line of lines) {
        expect(line).toMatch(/^[^\n]+\n$/);
        expect(schemaFaults(JSON.parse(line), schema, schema)).toEqual([]);
      }
    }
  });

  it("writes what a task's output ended with before its exit", () => {
    const json = new JsonEvents();
    const log = (data: Uint8Array): RunEvent => ({ type: "log", at, task, stream: "stdout", data });
    expect(json.toLines(log(Uint8Array.of(0xe2, 0x82)))).toEqual([]);
    const event: RunEvent = { type: "task-event", at, task, message: "Ended.", detail: details.exited };
    const [rest = "", ended = ""] = json.toLines(event);
    expect(JSON.parse(rest)).toMatchObject({ type: "log", base64: "4oI=" });
    expect(JSON.parse(ended)).toMatchObject({ type: "task-event", detail: { type: "exited" } });
  });
});

describe("toJsonError", () => {
  it("keeps kind, message, hint and every problem, and no stack", () => {
    const options = new OptionsError("config", [{ path: ["image"], message: "is missing", hint: "set it" }]);
    const line = { type: "error", at: at.toISOString(), error: toJsonError(options) };
    expect(schemaFaults(JSON.parse(JSON.stringify(line)), schema, schema)).toEqual([]);
    expect(line.error).toEqual({
      kind: "invalid",
      message: "config: image: is missing",
      hint: "set it",
      problems: [{ path: ["image"], message: "is missing", hint: "set it" }],
    });
  });

  it("calls what nobody foresaw internal", () => {
    expect(toJsonError(new TypeError("x is not a function"))).toEqual({
      kind: "internal",
      message: "x is not a function",
    });
  });
});
