import type { Task } from "../jobfile/job.ts";

/** What the order of a group's tasks depends on. */
export interface LifecycleTask {
  readonly name: string;
  readonly hook: "prestart" | "main" | "poststart" | "poststop";
  readonly sidecar: boolean;
  readonly leader: boolean;
}

/**
 * `starting`: asked to start, its first container does not run yet; `running`: its container has run,
 * restarts included. The rest are ends.
 */
export type TaskPhase =
  | "pending"
  | "starting"
  | "running"
  | "complete"
  | "failed"
  | "stopped"
  | "never-started";

export type TaskPhases = Readonly<Record<string, TaskPhase>>;

/** What was asked of the whole allocation; `expire`: its time is over, and no poststop task begins any more. */
export type StopRequest = "none" | "stop" | "expire" | "kill";

export interface LifecycleSteps {
  readonly start: readonly string[];
  /** Running tasks that must go, with the reason. */
  readonly stop: readonly { readonly name: string; readonly reason: string }[];
  /** Tasks whose time will not come. */
  readonly skip: readonly string[];
  /** Set when all tasks have ended. */
  readonly end: "complete" | "failed" | "stopped" | undefined;
}

/** A task of the job as the lifecycle sees it. */
export function toLifecycleTask(task: Task): LifecycleTask {
  const hook = task.lifecycle?.hook ?? "main";
  return {
    name: task.name,
    hook,
    sidecar: hook !== "poststop" && (task.lifecycle?.sidecar ?? false),
    leader: task.leader,
  };
}

/** True when nothing more will happen to the task. */
export function isEnded(phase: TaskPhase): boolean {
  return phase !== "pending" && phase !== "starting" && phase !== "running";
}

/**
 * What to do next, given how far each task is. Asking again after the steps were taken gives no step twice.
 * Order: prestart, main, poststart; when the work is done sidecars stop; poststop last.
 */
export function planLifecycle(
  tasks: readonly LifecycleTask[],
  phases: TaskPhases,
  request: StopRequest,
): LifecycleSteps {
  const phaseOf = (task: LifecycleTask): TaskPhase => phases[task.name] ?? "pending";
  const body = tasks.filter((task) => task.hook !== "poststop");
  const closing = closingReason(body, phaseOf, request);
  if (closing === undefined) return { ...noSteps, start: startable(body, phaseOf) };
  if (body.every((task) => isEnded(phaseOf(task)))) return planPoststop(tasks, phaseOf, request);
  return {
    ...noSteps,
    stop: body.filter((task) => isLive(phaseOf(task))).map(({ name }) => ({ name, reason: closing })),
    skip: pendingNames(body, phaseOf),
  };
}

type PhaseOf = (task: LifecycleTask) => TaskPhase;

const noSteps: LifecycleSteps = { start: [], stop: [], skip: [], end: undefined };

function isLive(phase: TaskPhase): boolean {
  return phase === "starting" || phase === "running";
}

function pendingNames(tasks: readonly LifecycleTask[], phaseOf: PhaseOf): readonly string[] {
  return tasks.filter((task) => phaseOf(task) === "pending").map((task) => task.name);
}

function closingReason(
  body: readonly LifecycleTask[],
  phaseOf: PhaseOf,
  request: StopRequest,
): string | undefined {
  if (request === "expire") return "max_run_duration is over";
  if (request !== "none") return "the job was asked to stop";
  const failed = body.find((task) => phaseOf(task) === "failed");
  if (failed !== undefined) return `task "${failed.name}" failed`;
  const leader = body.find((task) => task.leader && isEnded(phaseOf(task)));
  if (leader !== undefined) return `the leader, task "${leader.name}", ended`;
  const working = body.some((task) => !task.sidecar && !isEnded(phaseOf(task)));
  return working ? undefined : "the main tasks are done";
}

function startable(body: readonly LifecycleTask[], phaseOf: PhaseOf): readonly string[] {
  const of = (hook: LifecycleTask["hook"]): readonly LifecycleTask[] =>
    body.filter((task) => task.hook === hook);
  const prepared = of("prestart").every((task) =>
    task.sidecar ? hasRun(phaseOf(task)) : isEnded(phaseOf(task)),
  );
  const mainsRun = prepared && of("main").every((task) => hasRun(phaseOf(task)));
  const stage = [...of("prestart"), ...(prepared ? of("main") : []), ...(mainsRun ? of("poststart") : [])];
  return pendingNames(stage, phaseOf);
}

function hasRun(phase: TaskPhase): boolean {
  return phase === "running" || isEnded(phase);
}

function planPoststop(
  tasks: readonly LifecycleTask[],
  phaseOf: PhaseOf,
  request: StopRequest,
): LifecycleSteps {
  const poststop = tasks.filter((task) => task.hook === "poststop");
  const pending = pendingNames(poststop, phaseOf);
  const live = poststop.filter((task) => isLive(phaseOf(task)));
  const isCutShort = request === "kill" || request === "expire";
  if (isCutShort && (pending.length > 0 || live.length > 0)) {
    const reason = request === "kill" ? "the job was killed" : "max_run_duration is over";
    return { ...noSteps, skip: pending, stop: live.map(({ name }) => ({ name, reason })) };
  }
  if (pending.length > 0) return { ...noSteps, start: pending };
  if (live.length > 0) return noSteps;
  const failed = tasks.some((task) => phaseOf(task) === "failed");
  return { ...noSteps, end: failed ? "failed" : request === "none" ? "complete" : "stopped" };
}
