import type { TaskGroup } from "../jobfile/job.ts";
import { LongshoreError, type TaskEventDetail } from "../task/index.ts";
import type { AgentEventDetail, AllocState, RunEvent } from "./agent.ts";
import { createAllocDir, removeAllocDir, toLogsDir } from "./alloc-dir.ts";
import { createAllocNetwork } from "./alloc-network.ts";
import { listPorts } from "./alloc-ports.ts";
import type { JobScope } from "./job-scope.ts";
import { isEnded, planLifecycle, type StopRequest, type TaskPhase, toLifecycleTask } from "./lifecycle.ts";
import { prepareTask } from "./prepare-task.ts";
import { replaceTakenPorts } from "./replace-ports.ts";
import type { AllocRecord, TaskRecord } from "./run-record.ts";
import { toStoredError } from "./stored-error.ts";
import type { TaskHost } from "./task-host.ts";
import { createTaskLogs, removeLogPosition, toPositionPath } from "./task-logs.ts";
import { type TaskPlace, toAllocDir, toAllocName, toTaskRef } from "./task-place.ts";
import { runTask } from "./task-run.ts";
import { toLongshoreError } from "./to-error.ts";

/** One allocation while it runs. */
export interface AllocRun {
  /** Resolves when all of its tasks have ended and what it had made is gone; rejects only when let go of. */
  readonly done: Promise<AllocState>;
  /** `reason` is a sentence for people. */
  request(request: StopRequest, reason: string): void;
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
    const isSetUp = await setUp(alloc);
    const end = isSetUp ? await runTasks(alloc) : request === "none" ? "failed" : "stopped";
    return await tearDown(alloc, end, reason);
  }

  function runTasks(alloc: AllocWork): Promise<"complete" | "failed" | "stopped"> {
    const running = new Map<string, RunningTask>();
    return new Promise((resolve, reject) => {
      wake = () => {
        try {
          const end = step(alloc, running, request, { wake: () => wake(), fail: reject });
          if (end !== undefined) resolve(end);
        } catch (error) {
          reject(error);
        }
      };
      resumeTasks(alloc, running, { wake: () => wake(), fail: reject });
      wake();
    });
  }

  return {
    done: run(),
    request(wanted, why) {
      if (request === "kill" || wanted === "none") return;
      request = wanted;
      reason = why;
      setupStop.abort(new LongshoreError("canceled", why));
      if (wanted === "kill") kill.abort(new LongshoreError("canceled", why));
      wake();
    },
  };
}

interface AllocWork {
  readonly scope: JobScope;
  readonly group: TaskGroup;
  readonly record: AllocRecord;
  readonly kill: AbortSignal;
  /** Ends the set-up; tasks have signals of their own. */
  readonly stop: AbortSignal;
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
  const positionPath = toPositionPath(scope.jobFolder, record.id, name);
  const host = createHost(alloc, name, wake);
  await using logs = createTaskLogs({
    folder: toLogsDir(toAllocDir(context.settings, record.id)),
    task: name,
    limits: place.task.logs,
    positionPath,
    clock: context.clock,
    onOutput: ({ stream, data }) =>
      scope.queue.pushOutput({ at: context.clock.now(), type: "log", task, stream, data }),
    onNote: (message) => host.emit({ type: "note" }, message),
  });
  // One of its own: each listener on a signal that all tasks share would count against its limit.
  const detach = AbortSignal.any([scope.detach]);
  const signals = { stop, kill: alloc.kill, detach };
  const phase = await runTask({ context, host, record: toRecord(alloc, name), logs, signals });
  await removeLogPosition(positionPath);
  return phase;
}

function createHost(alloc: AllocWork, name: string, wake: () => void): TaskHost {
  const { scope, record } = alloc;
  const emit = createEmit(alloc, name);
  let fetched = false;
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
      return prepared;
    },
  };
}

function createEmit(alloc: AllocWork, name: string): TaskHost["emit"] {
  const { queue, context } = alloc.scope;
  const task = toTaskRef(toPlace(alloc, name));
  return (detail: TaskEventDetail | AgentEventDetail, message: string) =>
    queue.push({ at: context.clock.now(), type: "task-event", task, message, detail });
}

function setPhase(alloc: AllocWork, name: string, phase: TaskPhase): void {
  const { scope, record, group } = alloc;
  const task = toRecord(alloc, name);
  if (isEnded(task.phase)) return;
  task.phase = phase;
  if (phase === "failed") scope.onTaskFailed(toTaskRef(toPlace(alloc, name)));
  const others = Object.values(record.tasks).filter((other) => other !== task);
  const isFirst = others.every((other) => other.phase === "pending" || other.phase === "starting");
  if (phase === "running" && isFirst) emitState(alloc, "running", "");
  // Nothing waits for it: a state that is a step behind leads to the same decisions.
  scope.save().catch((error: unknown) => {
    scope.context.logger.error("state not saved", {
      group: group.name,
      error: toLongshoreError(error).message,
    });
  });
}

function emitState(alloc: AllocWork, state: AllocState, reason: string): void {
  const { scope, record, group } = alloc;
  const allocName = toAllocName(scope.job, group.name, record.index);
  const event: RunEvent = {
    at: scope.context.clock.now(),
    type: "alloc-state",
    allocId: record.id,
    allocName,
    state,
    reason,
  };
  scope.queue.push(event);
}

/** Folders and network. False when they could not be made; the first main task's record then says why. */
async function setUp(alloc: AllocWork): Promise<boolean> {
  const { scope, group, record } = alloc;
  const names = group.tasks.map((task) => task.name);
  try {
    await createAllocDir(toAllocDir(scope.context.settings, record.id), names);
    await createAllocNetwork(alloc);
    return true;
  } catch (thrown) {
    if (scope.detach.aborted) throw thrown;
    const error = toLongshoreError(thrown);
    const blamed = group.tasks.find((task) => task.lifecycle === undefined)?.name ?? names[0];
    for (const name of names) {
      if (name !== blamed || alloc.stop.aborted) {
        setPhase(alloc, name, "never-started");
        continue;
      }
      toRecord(alloc, name).error = toStoredError(error);
      createEmit(alloc, name)({ type: "failed", error }, error.message);
      setPhase(alloc, name, "failed");
    }
    return false;
  }
}

/** Gives back all that the allocation had. What could not be removed is told, and left to the next run. */
async function tearDown(
  alloc: AllocWork,
  end: "complete" | "failed" | "stopped",
  reason: string,
): Promise<AllocState> {
  const { scope, record } = alloc;
  const { context } = scope;
  const allocDir = toAllocDir(context.settings, record.id);
  const keepLogs = end === "failed";
  try {
    if (record.networkRequested)
      await context.driver.destroyNetwork(record.id, { signal: AbortSignal.any([scope.detach]) });
    record.networkRequested = false;
  } catch (error) {
    scope.detach.throwIfAborted();
    context.logger.warn("group network not removed", {
      alloc: record.id,
      error: toLongshoreError(error).message,
    });
  }
  for (const port of listPorts(record.ports)) scope.ports.release(port.value);
  for (const task of Object.values(record.tasks)) scope.cores.release(task.cores);
  if (!context.keepAllocs)
    await removeAllocDir(allocDir, { keepLogs }).catch((error: unknown) =>
      context.logger.warn(toLongshoreError(error).message, { alloc: record.id }),
    );
  const where = keepLogs ? `its logs are kept in ${toLogsDir(allocDir)} until the next run` : "";
  const state = end === "failed" ? "failed" : "complete";
  emitState(alloc, state, end === "stopped" ? reason : where);
  return state;
}

function toRecord({ record }: Pick<AllocWork, "record">, name: string): TaskRecord {
  const task = record.tasks[name];
  if (task === undefined) throw new LongshoreError("internal", `no record of task "${name}"`);
  return task;
}

function toPlace(
  { scope, group, record }: Pick<AllocWork, "scope" | "group" | "record">,
  name: string,
): TaskPlace {
  const task = group.tasks.find((other) => other.name === name);
  if (task === undefined) throw new LongshoreError("internal", `no task "${name}" in group "${group.name}"`);
  const { context, job, node } = scope;
  return {
    settings: context.settings,
    node,
    job,
    group,
    task,
    alloc: { id: record.id, name: toAllocName(job, group.name, record.index), index: record.index },
    ports: record.ports,
    cores: toRecord({ record }, name).cores,
  };
}
