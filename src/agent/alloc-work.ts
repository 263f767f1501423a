import type { TaskGroup } from "../jobfile/job.ts";
import { LongshoreError, type TaskEventDetail } from "../task/index.ts";
import type { AgentEventDetail, AllocState, RunEvent } from "./agent.ts";
import type { JobScope } from "./job-scope.ts";
import { isEnded, type TaskPhase } from "./lifecycle.ts";
import type { AllocRecord, TaskRecord } from "./run-record.ts";
import type { TaskHost } from "./task-host.ts";
import { type TaskPlace, toAllocName, toTaskRef } from "./task-place.ts";

/** An allocation that is being run. */
export interface AllocWork {
  readonly scope: JobScope;
  readonly group: TaskGroup;
  readonly record: AllocRecord;
  readonly kill: AbortSignal;
  /** Ends the set-up; tasks have signals of their own. */
  readonly stop: AbortSignal;
}

/** Tells what happens to a task of the allocation. */
export function createEmit(alloc: AllocWork, name: string): TaskHost["emit"] {
  const { queue, context } = alloc.scope;
  const task = toTaskRef(toPlace(alloc, name));
  return (detail: TaskEventDetail | AgentEventDetail, message: string) =>
    queue.push({ at: context.clock.now(), type: "task-event", task, message, detail });
}

/** Notes how far a task is; a task that has ended stays so. */
export function setPhase(alloc: AllocWork, name: string, phase: TaskPhase): void {
  const { scope, record } = alloc;
  const task = toRecord(alloc, name);
  if (isEnded(task.phase)) return;
  task.phase = phase;
  if (phase === "failed") scope.onTaskFailed(toTaskRef(toPlace(alloc, name)));
  const others = Object.values(record.tasks).filter((other) => other !== task);
  const isFirst = others.every((other) => other.phase === "pending" || other.phase === "starting");
  if (phase === "running" && isFirst) emitState(alloc, "running", "");
  // A start notes itself, with what it is about to make.
  if (phase !== "starting") void scope.note();
}

export function emitState(alloc: AllocWork, state: AllocState, reason: string): void {
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

/** What is stored of a task. */
export function toRecord({ record }: Pick<AllocWork, "record">, name: string): TaskRecord {
  const task = record.tasks[name];
  if (task === undefined) throw new LongshoreError("internal", `no record of task "${name}"`);
  return task;
}

/** A task with all that is known of it now. */
export function toPlace(
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
