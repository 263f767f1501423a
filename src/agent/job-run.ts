import { lstat } from "node:fs/promises";
import type { Job } from "../jobfile/job.ts";
import type { TaskEvent } from "../task/index.ts";
import type { JobOutcome, JobRun, TaskOutcome, TaskRef } from "./agent.ts";
import { type AllocRun, startAlloc } from "./alloc-run.ts";
import type { JobLock } from "./job-lock.ts";
import type { JobScope } from "./job-scope.ts";
import type { StopRequest } from "./lifecycle.ts";
import { type AllocRecord, type JobRecord, mayHaveContainer, type TaskRecord } from "./run-record.ts";
import type { StateStore } from "./state-store.ts";
import { fromStoredError } from "./stored-error.ts";
import { toAllocDir, toAllocName } from "./task-place.ts";
import { toLongshoreError } from "./to-error.ts";

export interface StartJobOptions {
  readonly scope: JobScope;
  readonly record: JobRecord;
  readonly store: StateStore;
  readonly lock: JobLock;
  readonly resumed: boolean;
  /** The first task that failed; set while the job runs. */
  failedTask(): TaskRef | undefined;
}

/** Starts all allocations of a job whose state is stored and whose ports are held. */
export function startJob(options: StartJobOptions): JobRun {
  const { scope, record } = options;
  const { queue, job } = scope;
  let request: StopRequest = "none";
  let allocs: readonly AllocRun[] = [];

  async function run(): Promise<JobOutcome> {
    const watching = new AbortController();
    const events = passEvents(options, watching.signal);
    try {
      queue.push({
        at: scope.context.clock.now(),
        type: "job-started",
        jobId: job.id,
        allocations: record.allocations.length,
        tasks: record.allocations.reduce((sum, alloc) => sum + Object.keys(alloc.tasks).length, 0),
        resumed: options.resumed,
      });
      allocs = record.allocations.map((alloc) => startAlloc(scope, toGroup(job, alloc), alloc));
      const settled = await Promise.allSettled(allocs.map((alloc) => alloc.done));
      for (const result of settled) if (result.status === "rejected") throw result.reason;
      const outcome = toOutcome(options, request);
      await finish(options, outcome);
      // Events of the last removals are on their way.
      await new Promise((resolve) => setImmediate(resolve));
      watching.abort();
      await events;
      queue.push({ at: scope.context.clock.now(), type: "job-finished", outcome });
      return outcome;
    } finally {
      watching.abort();
      scope.patience[Symbol.dispose]();
      queue.end();
      await options.store.close();
      await options.lock[Symbol.asyncDispose]();
    }
  }

  function ask(wanted: "stop" | "kill", reason: string): void {
    request = wanted;
    record.stopping = true;
    void scope.note();
    for (const alloc of allocs) alloc.request(wanted, reason);
  }

  const outcome = run();
  // Who disposes the agent need not wait for its jobs.
  outcome.catch(() => undefined);
  return {
    events: queue.events,
    outcome,
    stop(reason) {
      if (request === "none") ask("stop", reason);
    },
    kill() {
      queue.release();
      if (request === "kill") return;
      ask("kill", "the job was killed");
      scope.patience.kill();
    },
  };
}

function toGroup(job: Job, alloc: AllocRecord): Job["groups"][number] {
  const group = job.groups.find(({ name }) => name === alloc.group);
  if (group === undefined) throw new Error(`no group "${alloc.group}" in job "${job.id}"`);
  return group;
}

/** Hands the driver's events of this job's tasks on. */
async function passEvents({ scope, record }: StartJobOptions, signal: AbortSignal): Promise<void> {
  const { queue, context, job } = scope;
  const allocs = new Map(record.allocations.map((alloc) => [alloc.id, alloc]));
  const either = AbortSignal.any([signal, scope.detach]);
  try {
    for await (const event of context.driver.taskEvents({ signal: either })) {
      const alloc = allocs.get(event.allocId);
      if (alloc === undefined) continue;
      scope.patience.hear(event);
      const task = toRef(job, alloc, event);
      queue.push({ at: event.at, type: "task-event", task, message: event.message, detail: event.detail });
    }
  } catch (error) {
    if (!either.aborted)
      context.logger.error("driver events ended", { error: toLongshoreError(error).message });
  }
}

function toRef(job: Job, alloc: AllocRecord, { taskName }: Pick<TaskEvent, "taskName">): TaskRef {
  return {
    allocId: alloc.id,
    allocName: toAllocName(job, alloc.group, alloc.index),
    group: alloc.group,
    allocIndex: alloc.index,
    task: taskName,
  };
}

function toOutcome({ scope, record, failedTask }: StartJobOptions, request: StopRequest): JobOutcome {
  const tasks = record.allocations.flatMap((alloc) =>
    Object.entries(alloc.tasks).map(([taskName, task]) =>
      toTaskOutcome(toRef(scope.job, alloc, { taskName }), task),
    ),
  );
  const first = failedTask();
  const failed =
    tasks.find(({ task }) => task.allocId === first?.allocId && task.task === first.task) ??
    tasks.find(({ state }) => state === "failed");
  const state = failed !== undefined ? "failed" : request === "none" ? "complete" : "stopped";
  return { state, failedTask: failed, tasks };
}

function toTaskOutcome(ref: TaskRef, task: TaskRecord): TaskOutcome {
  const unfinished = task.phase === "pending" || task.phase === "starting" || task.phase === "running";
  return {
    task: ref,
    state: unfinished || task.phase === "never-started" ? "never-started" : toEndState(task.phase),
    exit: task.exit ?? undefined,
    error: task.error === null ? undefined : fromStoredError(task.error),
    restarts: task.restarts,
    runTimeMs: task.runTimeMs,
  };
}

function toEndState(phase: TaskRecord["phase"]): "complete" | "failed" | "stopped" {
  return phase === "failed" || phase === "stopped" ? phase : "complete";
}

/**
 * Nothing of a job that left nothing is kept. Where a failure's logs are kept, the record stays, so that the next run
 * can remove them; so it does when a container or network could not be removed.
 */
async function finish({ record, store, scope }: StartJobOptions, outcome: JobOutcome): Promise<void> {
  const leftOver = record.allocations.some(
    (alloc) => alloc.networkRequested || Object.values(alloc.tasks).some(mayHaveContainer),
  );
  if (!leftOver && !(outcome.state === "failed" && (await keepsLogs(record, scope))))
    return await store.close({ remove: true });
  record.stopping = true;
  await store.save(record);
}

async function keepsLogs({ allocations }: JobRecord, { context }: JobScope): Promise<boolean> {
  if (context.keepAllocs) return false;
  const folders = allocations.map(({ id }) => lstat(toAllocDir(context.settings, id)));
  return (await Promise.allSettled(folders)).some(({ status }) => status === "fulfilled");
}
