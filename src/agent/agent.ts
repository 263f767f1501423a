import type { Job } from "../jobfile/job.ts";
import type { ExitResult, LongshoreError, TaskEventDetail } from "../task/index.ts";

/** Which task of which allocation something is about. */
export interface TaskRef {
  readonly allocId: string;
  /** `job.group[0]` */
  readonly allocName: string;
  readonly group: string;
  readonly allocIndex: number;
  readonly task: string;
}

export type AllocState = "pending" | "running" | "complete" | "failed";

/** What a run tells while it happens, in order. */
export type RunEvent = { readonly at: Date } & (
  | {
      readonly type: "job-started";
      readonly jobId: string;
      readonly allocations: number;
      readonly tasks: number;
      readonly resumed: boolean;
    }
  | {
      readonly type: "alloc-state";
      readonly allocId: string;
      readonly allocName: string;
      readonly state: AllocState;
      readonly reason: string;
    }
  /** A step of a task's life, from the agent or the driver; `message` is a sentence for people. */
  | {
      readonly type: "task-event";
      readonly task: TaskRef;
      readonly message: string;
      readonly detail: TaskEventDetail | AgentEventDetail;
    }
  | {
      readonly type: "log";
      readonly task: TaskRef;
      readonly stream: "stdout" | "stderr";
      readonly data: Uint8Array;
    }
  | { readonly type: "job-finished"; readonly outcome: JobOutcome }
);

/** What the agent itself has to tell of a task, besides its driver's events. */
export type AgentEventDetail =
  | { readonly type: "preparing"; readonly step: "folders" | "artifact" | "template"; readonly what: string }
  | {
      readonly type: "restarting";
      readonly delayMs: number;
      readonly attempt: number;
      readonly reason: string;
    }
  | { readonly type: "not-restarting"; readonly reason: string }
  | { readonly type: "failed"; readonly error: LongshoreError }
  | { readonly type: "recovered"; readonly containerId: string }
  | { readonly type: "waiting"; readonly ms: number; readonly reason: string };

/** How one task did, for the closing table. */
export interface TaskOutcome {
  readonly task: TaskRef;
  readonly state: "complete" | "failed" | "stopped" | "never-started";
  readonly exit: ExitResult | undefined;
  /** Why it failed before it could run. */
  readonly error: LongshoreError | undefined;
  readonly restarts: number;
  /** Summed over all of its runs, milliseconds. */
  readonly runTimeMs: number;
}

/** How a job ended. */
export interface JobOutcome {
  /** `complete`: every task did its work; `stopped`: someone asked it to stop. */
  readonly state: "complete" | "failed" | "stopped";
  /** The task whose failure failed the job, the first one. */
  readonly failedTask: TaskOutcome | undefined;
  readonly tasks: readonly TaskOutcome[];
}

/** One job while it runs. */
export interface JobRun {
  /** Every event since the start, once, to one reader. Ends after `job-finished`. */
  readonly events: AsyncIterable<RunEvent>;
  /** Resolves when nothing of the job runs any more and what it had made is cleaned up; never rejects for a task's failure. */
  readonly outcome: Promise<JobOutcome>;
  /** Stops all tasks gracefully: kill signal, kill timeout, kill. */
  stop(reason: string): void;
  /** Kills at once whatever still runs. */
  kill(): void;
}

/** Options of one run of a job. */
export interface RunOptions {
  /** Values for `${attr.x}`, `${node.x}` and `${meta.x}`. */
  readonly node?: NodeFacts | undefined;
  /** Aborting gives up the preparation, as long as `runJob` has not resolved; then `stop` and `kill` are the way. */
  readonly signal?: AbortSignal | undefined;
}

/** What a job file may ask of its machine: `${node.unique.id}`, `${node.unique.name}`, `${attr.x}`, `${meta.x}`. */
export interface NodeFacts {
  readonly id: string;
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly meta: Readonly<Record<string, string>>;
}

/** Runs jobs on this machine with a driver; keeps its state in the data folder. */
export interface Agent extends AsyncDisposable {
  /**
   * Starts the job, or takes over what an earlier run of it left behind. Rejects with `conflict` while another
   * process runs the same job from the same data folder, and with `invalid` when the job cannot run.
   */
  runJob(job: Job, options?: RunOptions): Promise<JobRun>;
}
