import type { Job, RestartPolicy, Task } from "../jobfile/job.ts";
import { toDurationText } from "./duration-text.ts";

/** Where a task stands against its restart policy. Times are monotonic milliseconds. */
export interface RestartState {
  readonly intervalStartMs: number;
  /** Ends of the task within the interval. */
  readonly count: number;
}

/** Why a task is not running. */
export type TaskEnd =
  | { readonly type: "exited"; readonly successful: boolean }
  | { readonly type: "not-started"; readonly retryable: boolean }
  /** It was ended to be started anew; that is no failure. */
  | { readonly type: "renewed"; readonly reason: string };

export type RestartDecision =
  | { readonly type: "restart"; readonly delayMs: number; readonly attempt: number; readonly reason: string }
  /** The task did its work. */
  | { readonly type: "complete" }
  | { readonly type: "fail"; readonly reason: string };

export interface RestartRules {
  readonly policy: RestartPolicy;
  /** Whether the task is run again although it succeeded. */
  readonly onSuccess: boolean;
}

/**
 * Whether a task that succeeded is run again: a service's always, a batch job's never, and a lifecycle task
 * only as a sidecar (Nomad's client/allocrunner/taskrunner/restarts).
 */
export function toRestartRules(type: Job["type"], task: Task): RestartRules {
  const service = type === "service" || type === "system";
  const onSuccess =
    task.lifecycle === undefined ? service : task.lifecycle.hook !== "poststop" && task.lifecycle.sidecar;
  return { policy: task.restart, onSuccess };
}

const jitterShare = 0.25;

/**
 * What comes after a task's end, and the state to ask with the next time. `random` in [0, 1) spreads the
 * delay by up to a quarter.
 */
export function decideRestart(
  state: RestartState,
  end: TaskEnd,
  rules: RestartRules,
  at: { readonly nowMs: number; readonly random: number },
): { readonly state: RestartState; readonly decision: RestartDecision } {
  const { policy } = rules;
  if (end.type === "renewed")
    return { state, decision: { type: "restart", delayMs: 0, attempt: state.count, reason: end.reason } };
  if (end.type === "exited" && end.successful && !rules.onSuccess)
    return { state, decision: { type: "complete" } };
  if (end.type === "not-started" && !end.retryable)
    return { state, decision: { type: "fail", reason: "the error would be the same the next time" } };
  if (policy.attempts === 0)
    return { state, decision: { type: "fail", reason: "policy allows no restarts" } };
  const next = countEnd(state, policy, at.nowMs);
  return { state: next, decision: withinPolicy(next, policy, at) };
}

function countEnd(state: RestartState, policy: RestartPolicy, nowMs: number): RestartState {
  return nowMs > state.intervalStartMs + policy.intervalMs
    ? { intervalStartMs: nowMs, count: 1 }
    : { ...state, count: state.count + 1 };
}

function withinPolicy(
  state: RestartState,
  policy: RestartPolicy,
  at: { readonly nowMs: number; readonly random: number },
): RestartDecision {
  if (state.count <= policy.attempts) {
    const delayMs = Math.round(policy.delayMs * (1 + jitterShare * at.random));
    return { type: "restart", delayMs, attempt: state.count, reason: "within policy" };
  }
  const exceeded = `exceeded allowed attempts (${policy.attempts}) in interval ${toDurationText(policy.intervalMs)}`;
  if (policy.mode === "fail") return { type: "fail", reason: `${exceeded}, and mode is "fail"` };
  // One millisecond past the end, or the end of the delay would still count into the old interval.
  const delayMs = Math.max(0, Math.ceil(state.intervalStartMs + policy.intervalMs - at.nowMs)) + 1;
  return { type: "restart", delayMs, attempt: state.count, reason: `${exceeded}, waiting for the next one` };
}
