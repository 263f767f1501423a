import type { ExitResult } from "../../task/index.ts";

/** Where a task stands. */
export type TaskState =
  | { readonly phase: "pending" }
  | { readonly phase: "running" | "stopping"; readonly startedAt: Date }
  | {
      readonly phase: "exited";
      readonly startedAt: Date | undefined;
      readonly finishedAt: Date;
      readonly exit: ExitResult;
    };

/** What moves a task on. */
export type TaskStep =
  | { readonly type: "started"; readonly at: Date }
  | { readonly type: "stop-requested" }
  | { readonly type: "exited"; readonly at: Date; readonly exit: ExitResult };

/**
 * The state after a step. A task exits once: what comes after that changes nothing, save a start that is heard
 * of late. A step that is heard of twice changes nothing either.
 */
export function next(state: TaskState, step: TaskStep): TaskState {
  switch (step.type) {
    case "started":
      if (state.phase === "pending") return { phase: "running", startedAt: step.at };
      if (state.phase === "exited" && state.startedAt === undefined) return { ...state, startedAt: step.at };
      return state;
    case "stop-requested":
      return state.phase === "running" ? { ...state, phase: "stopping" } : state;
    case "exited": {
      if (state.phase === "exited") return state;
      const startedAt = state.phase === "pending" ? undefined : state.startedAt;
      return { phase: "exited", startedAt, finishedAt: step.at, exit: step.exit };
    }
  }
}
