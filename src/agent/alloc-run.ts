import { createTaskLogs } from "../host/index.ts";
import type { TaskGroup, Template } from "../jobfile/job.ts";
import { LongshoreError } from "../task/index.ts";
import type { AllocState } from "./agent.ts";
import { blame, setUpAlloc, tearDownAlloc } from "./alloc-setup.ts";
import { type AllocWork, createEmit, emitState, setPhase, toPlace, toRecord } from "./alloc-work.ts";
import { watchExpiry } from "./expiry.ts";
import type { JobScope } from "./job-scope.ts";
import { planLifecycle, type StopRequest, type TaskPhase, toLifecycleTask } from "./lifecycle.ts";
import { openLogPosition, toPositionPath } from "./log-position.ts";
import { prepareTask, toTemplateOptions } from "./prepare-task.ts";
import { replaceTakenPorts } from "./replace-ports.ts";
import type { AllocRecord } from "./run-record.ts";
import type { TaskHost } from "./task-host.ts";
import { toAllocDir, toTaskRef } from "./task-place.ts";
import { runTask } from "./task-run.ts";
import { type RenderedTemplate, rewriteTemplate } from "./write-templates.ts";

/** One allocation while it runs. */
export interface AllocRun {
  /** Resolves when all of its tasks have ended and what it had made is gone; rejects only when let go of. */
  readonly done: Promise<AllocState>;
  /** `reason` is a sentence for people. What ends it less thoroughly than what was asked before has no effect. */
  request(request: Exclude<StopRequest, "none">, reason: string): void;
}

interface RunningTask {
  readonly stop: AbortController;
}

/** Runs a group's tasks in their order, from wherever `record` says they are. */
export function startAlloc(scope: JobScope, group: TaskGroup, record: AllocRecord): AllocRun {
  const kill = new AbortController();
  const setupStop = new AbortController();
  let request: StopRequest = "none";
  let reason = "";
  let wake: () => void = () => undefined;

  async function run(): Promise<AllocState> {
    const alloc: AllocWork = { scope, group, record, kill: kill.signal, stop: setupStop.signal };
    const isRunning = Object.values(record.tasks).some((task) => task.phase === "running");
    emitState(alloc, isRunning ? "running" : "pending", isRunning ? "taken over" : "");
    using expiry = watchExpiry(alloc, (why) => ask("expire", why));
    const fault = await setUpAlloc(alloc);
    // Without folders or network nothing starts; what an earlier run had started is still ended as it should be.
    const ended = await runTasks(alloc, () => (fault === undefined ? request : "kill"));
    expiry[Symbol.dispose]();
    if (fault === undefined || request !== "none") return await tearDownAlloc(alloc, ended, reason);
    blame(alloc, fault);
    return await tearDownAlloc(alloc, "failed", reason);
  }

  function runTasks(alloc: AllocWork, wanted: () => StopRequest): Promise<"complete" | "failed" | "stopped"> {
    const running = new Map<string, RunningTask>();
    return new Promise((resolve, reject) => {
      wake = () => {
        try {
          const end = step(alloc, running, wanted(), { wake: () => wake(), fail: reject });
          if (end !== undefined) resolve(end);
        } catch (error) {
          reject(error);
        }
      };
      resumeTasks(alloc, running, { wake: () => wake(), fail: reject });
      wake();
    });
  }

  function ask(wanted: StopRequest, why: string): void {
    if (request === "kill" || (request === "expire" && wanted !== "kill")) return;
    request = wanted;
    reason = why;
    setupStop.abort(new LongshoreError("canceled", why));
    if (wanted === "kill") kill.abort(new LongshoreError("canceled", why));
    wake();
  }

  return { done: run(), request: ask };
}

interface Steering {
  wake(): void;
  fail(error: unknown): void;
}

/** Takes the steps that the lifecycle asks for; the end when there is one. */
function step(
  alloc: AllocWork,
  running: Map<string, RunningTask>,
  request: StopRequest,
  steering: Steering,
): "complete" | "failed" | "stopped" | undefined {
  const { group, record } = alloc;
  const tasks = group.tasks.map(toLifecycleTask);
  for (;;) {
    const phases = Object.fromEntries(Object.entries(record.tasks).map(([name, task]) => [name, task.phase]));
    const steps = planLifecycle(tasks, phases, request);
    for (const { name, reason } of steps.stop)
      running.get(name)?.stop.abort(new LongshoreError("canceled", reason));
    for (const name of steps.skip) setPhase(alloc, name, "never-started");
    for (const name of steps.start) {
      setPhase(alloc, name, "starting");
      launch(alloc, name, running, steering);
    }
    if (steps.end !== undefined) return steps.end;
    if (steps.skip.length === 0) return undefined;
  }
}

/** Tasks that an earlier run had started go on. */
function resumeTasks(alloc: AllocWork, running: Map<string, RunningTask>, steering: Steering): void {
  const live = Object.entries(alloc.record.tasks).filter(
    ([, task]) => task.phase === "starting" || task.phase === "running",
  );
  for (const [name] of live) launch(alloc, name, running, steering);
}

function launch(alloc: AllocWork, name: string, running: Map<string, RunningTask>, steering: Steering): void {
  const stop = new AbortController();
  running.set(name, { stop });
  runOneTask(alloc, name, stop.signal, steering.wake).then((phase) => {
    running.delete(name);
    setPhase(alloc, name, phase);
    steering.wake();
  }, steering.fail);
}

async function runOneTask(
  alloc: AllocWork,
  name: string,
  stop: AbortSignal,
  wake: () => void,
): Promise<TaskPhase> {
  const { scope, record } = alloc;
  const { context } = scope;
  const place = toPlace(alloc, name);
  const task = toTaskRef(place);
  const host = createHost(alloc, name, wake);
  await using logs = createTaskLogs({
    allocDir: toAllocDir(context.settings, record.id),
    task: name,
    limits: place.task.logs,
    noteFile: openLogPosition(toPositionPath(scope.jobFolder, record.id, name)),
    clock: context.clock,
    onOutput: ({ stream, data }) =>
      scope.queue.pushOutput({ at: context.clock.now(), type: "log", task, stream, data }),
    onNote: (message) => host.emit({ type: "note" }, message),
  });
  // Of its own: each listener on a signal that all tasks share would count against its limit.
  const [detach, giveUp] = [AbortSignal.any([scope.detach]), AbortSignal.any([scope.patience.over])];
  const signals = { stop, kill: alloc.kill, detach, giveUp };
  return await runTask({ context, host, record: toRecord(alloc, name), logs, signals });
}

function createHost(alloc: AllocWork, name: string, wake: () => void): TaskHost {
  const { scope, record } = alloc;
  const emit = createEmit(alloc, name);
  let fetched = false;
  let rendered: ReadonlyMap<Template, RenderedTemplate> = new Map();
  return {
    place: () => toPlace(alloc, name),
    network: () => record.network ?? undefined,
    save: () => scope.save(),
    note: () => scope.note(),
    emit,
    onRunning() {
      if (toRecord(alloc, name).phase !== "starting") return;
      setPhase(alloc, name, "running");
      wake();
    },
    replaceTakenPorts: (error) => replaceTakenPorts(alloc, name, error),
    async prepare(place, signal) {
      const prepared = await prepareTask(scope.context, place, { signal, fetched, emit });
      fetched = true;
      rendered = new Map(prepared.templates.map((one) => [one.template, one]));
      return prepared;
    },
    templates: () =>
      toPlace(alloc, name).task.templates.map((template) => ({
        template,
        files: rendered.get(template)?.files,
      })),
    async rewriteTemplate(template) {
      const options = toTemplateOptions(scope.context, toPlace(alloc, name), emit);
      const one = await rewriteTemplate(template, rendered.get(template)?.text, options);
      rendered = new Map([...rendered, [template, one]]);
      return one;
    },
  };
}
