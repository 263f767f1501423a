import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  isEnded,
  type LifecycleTask,
  planLifecycle,
  type StopRequest,
  type TaskPhase,
  type TaskPhases,
} from "./lifecycle.ts";

const init: LifecycleTask = { name: "init", hook: "prestart", sidecar: false, leader: false };
const proxy: LifecycleTask = { name: "proxy", hook: "prestart", sidecar: true, leader: false };
const web: LifecycleTask = { name: "web", hook: "main", sidecar: false, leader: false };
const lead: LifecycleTask = { name: "lead", hook: "main", sidecar: false, leader: true };
const hello: LifecycleTask = { name: "hello", hook: "poststart", sidecar: false, leader: false };
const bye: LifecycleTask = { name: "bye", hook: "poststop", sidecar: false, leader: false };

interface Case {
  readonly title: string;
  readonly tasks: readonly LifecycleTask[];
  readonly phases: TaskPhases;
  readonly request?: StopRequest;
  readonly start?: readonly string[];
  readonly stop?: readonly string[];
  readonly skip?: readonly string[];
  readonly end?: "complete" | "failed" | "stopped";
}

const all = [init, proxy, web, hello, bye];

const cases: readonly Case[] = [
  {
    title: "a time that is over stops what runs",
    tasks: all,
    phases: { init: "complete", proxy: "running", web: "running", hello: "complete" },
    request: "expire",
    stop: ["proxy", "web"],
  },
  {
    title: "a time that is over lets no poststop task begin",
    tasks: all,
    phases: { init: "complete", proxy: "stopped", web: "stopped", hello: "complete" },
    request: "expire",
    skip: ["bye"],
  },
  { title: "prestart tasks go first, together", tasks: all, phases: {}, start: ["init", "proxy"] },
  {
    title: "main tasks wait for a prestart task to complete",
    tasks: all,
    phases: { init: "running", proxy: "running" },
  },
  {
    title: "main tasks wait for a sidecar to run",
    tasks: all,
    phases: { init: "complete", proxy: "starting" },
  },
  {
    title: "main tasks start when prestart is done and sidecars run",
    tasks: all,
    phases: { init: "complete", proxy: "running" },
    start: ["web"],
  },
  {
    title: "poststart waits for the main tasks to run",
    tasks: all,
    phases: { init: "complete", proxy: "running", web: "starting" },
  },
  {
    title: "poststart starts when the main tasks run",
    tasks: all,
    phases: { init: "complete", proxy: "running", web: "running" },
    start: ["hello"],
  },
  {
    title: "poststart still comes when the main tasks were quick",
    tasks: all,
    phases: { init: "complete", proxy: "running", web: "complete" },
    start: ["hello"],
  },
  {
    title: "a failed prestart skips the rest and stops its siblings",
    tasks: all,
    phases: { init: "failed", proxy: "running" },
    stop: ["proxy"],
    skip: ["web", "hello"],
  },
  {
    title: "sidecars stop when the work is done",
    tasks: all,
    phases: { init: "complete", proxy: "running", web: "complete", hello: "complete" },
    stop: ["proxy"],
  },
  {
    title: "poststop comes last",
    tasks: all,
    phases: { init: "complete", proxy: "stopped", web: "complete", hello: "complete" },
    start: ["bye"],
  },
  {
    title: "all done is complete",
    tasks: all,
    phases: { init: "complete", proxy: "stopped", web: "complete", hello: "complete", bye: "complete" },
    end: "complete",
  },
  {
    title: "a failed main task stops its siblings",
    tasks: [web, lead],
    phases: { web: "failed", lead: "running" },
    stop: ["lead"],
  },
  {
    title: "a leader's end stops the others",
    tasks: [web, lead],
    phases: { web: "running", lead: "complete" },
    stop: ["web"],
  },
  {
    title: "others may end before the leader",
    tasks: [web, lead],
    phases: { web: "complete", lead: "running" },
  },
  {
    title: "a stop goes to all at once",
    tasks: all,
    phases: { init: "complete", proxy: "running", web: "running", hello: "starting" },
    request: "stop",
    stop: ["proxy", "web", "hello"],
  },
  {
    title: "poststop runs after a stop",
    tasks: [web, bye],
    phases: { web: "stopped" },
    request: "stop",
    start: ["bye"],
  },
  {
    title: "poststop does not run after a kill",
    tasks: [web, bye],
    phases: { web: "stopped" },
    request: "kill",
    skip: ["bye"],
  },
  {
    title: "a kill ends a running poststop",
    tasks: [web, bye],
    phases: { web: "stopped", bye: "running" },
    request: "kill",
    stop: ["bye"],
  },
  {
    title: "a stopped job is stopped",
    tasks: [web],
    phases: { web: "stopped" },
    request: "stop",
    end: "stopped",
  },
  {
    title: "a failure is a failure although stopped",
    tasks: [web],
    phases: { web: "failed" },
    request: "stop",
    end: "failed",
  },
  {
    title: "a failed poststop fails the allocation",
    tasks: [web, bye],
    phases: { web: "complete", bye: "failed" },
    end: "failed",
  },
];

describe("the order of a group's tasks", () => {
  test.each(cases)("$title", ({ tasks, phases, request, start, stop, skip, end }) => {
    const steps = planLifecycle(tasks, phases, request ?? "none");
    expect({ ...steps, stop: steps.stop.map((step) => step.name) }).toEqual({
      start: start ?? [],
      stop: stop ?? [],
      skip: skip ?? [],
      end,
    });
  });

  const anyTask = fc.record({
    hook: fc.constantFrom("prestart", "main", "poststart", "poststop" as const),
    sidecar: fc.boolean(),
    leader: fc.boolean(),
  });

  test("any group comes to an end, whatever its tasks do and whenever it is stopped", () => {
    fc.assert(
      fc.property(
        fc.array(anyTask, { minLength: 1, maxLength: 6 }),
        fc.infiniteStream(fc.nat()),
        fc.nat(40),
        fc.constantFrom<StopRequest>("none", "stop", "kill"),
        (kinds, choices, stopAt, kind) => {
          const tasks = kinds.map((task, index) => ({ ...task, name: `t${index}` }));
          expect(isEnded(run(tasks, choices, { stopAt, kind }))).toBe(true);
        },
      ),
    );
  });
});

/** Plays a group to its end with tasks that behave as `choices` says; checks the order on the way. */
function run(
  tasks: readonly LifecycleTask[],
  choices: Iterator<number>,
  stop: { stopAt: number; kind: StopRequest },
): TaskPhase {
  const phases: Record<string, TaskPhase> = Object.fromEntries(tasks.map((task) => [task.name, "pending"]));
  for (let round = 0; round < 200; round += 1) {
    const steps = planLifecycle(
      tasks,
      phases,
      round >= stop.stopAt || round > 60 ? orStop(stop.kind) : "none",
    );
    if (steps.end !== undefined) return steps.end;
    for (const name of steps.start) {
      expect(phases[name]).toBe("pending");
      phases[name] = "starting";
    }
    for (const name of steps.skip) phases[name] = "never-started";
    for (const { name } of steps.stop) phases[name] = "stopped";
    const live = tasks.filter((task) => phases[task.name] === "starting" || phases[task.name] === "running");
    const choice = choices.next().value as number;
    const task = live[choice % Math.max(1, live.length)];
    if (task !== undefined) phases[task.name] = nextPhase(phases[task.name], choice);
  }
  return "running";
}

function orStop(kind: StopRequest): StopRequest {
  return kind === "none" ? "stop" : kind;
}

function nextPhase(phase: TaskPhase | undefined, choice: number): TaskPhase {
  if (phase === "starting") return choice % 5 === 0 ? "failed" : "running";
  return choice % 3 === 0 ? "failed" : "complete";
}
