import type { ExitResult, NetworkIsolation, TaskConfig, TaskHandle } from "../task/index.ts";
import type { AllocPorts } from "./alloc-ports.ts";
import type { TaskPhase } from "./lifecycle.ts";

/** What is stored of a job while it runs; JSON-safe. Its owner changes it in place and saves it. */
export interface JobRecord {
  readonly version: 1;
  readonly jobId: string;
  /** Of the job's definition and what it was started with: another hash means other containers. */
  readonly jobHash: string;
  readonly allocations: AllocRecord[];
  /** The job was asked to stop or has failed: the next run only removes what is left. */
  stopping: boolean;
}

export interface AllocRecord {
  readonly id: string;
  readonly group: string;
  readonly index: number;
  /** When it was made, milliseconds since the epoch. */
  readonly createdAtMs: number;
  ports: AllocPorts;
  /** The group's network: asked for (its container may be there), and what came back. */
  networkRequested: boolean;
  network: NetworkIsolation | null;
  readonly tasks: Record<string, TaskRecord>;
}

export interface TaskRecord {
  phase: TaskPhase;
  /** Set before a container is made: it may be there without a handle. */
  starting: TaskConfig | null;
  /** Of the container that runs, or that has ended and is not removed yet. */
  handle: TaskHandle | null;
  restarts: number;
  /** The restart policy's count, and how much of its interval is over. */
  attempts: number;
  intervalElapsedMs: number;
  runTimeMs: number;
  /** From when on the present container's time is not in `runTimeMs` yet, milliseconds since the epoch. */
  startedAtMs: number | null;
  exit: ExitResult | null;
  error: { readonly kind: string; readonly message: string; readonly hint: string | null } | null;
  /** Reserved cores. */
  readonly cores: readonly number[];
  /** How it wants to be stopped, also by a run of another definition. */
  readonly stopWith: { readonly graceMs: number; readonly killSignal: string | null };
}

/** Whether a container of the task is there, or may be. */
export function mayHaveContainer({ handle, starting }: TaskRecord): boolean {
  return handle !== null || starting !== null;
}

/** The record of a task that has not begun. */
export function newTaskRecord(fixed: Pick<TaskRecord, "cores" | "stopWith">): TaskRecord {
  return {
    phase: "pending",
    starting: null,
    handle: null,
    restarts: 0,
    attempts: 0,
    intervalElapsedMs: 0,
    runTimeMs: 0,
    startedAtMs: null,
    exit: null,
    error: null,
    ...fixed,
  };
}
