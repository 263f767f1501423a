import type { TaskLogs } from "../host/index.ts";
import type { Template } from "../jobfile/job.ts";
import type { LongshoreError, NetworkIsolation, TaskEventDetail } from "../task/index.ts";
import type { AgentEventDetail } from "./agent.ts";
import type { AgentContext } from "./agent-options.ts";
import type { PreparedTask } from "./prepare-task.ts";
import type { TaskRecord } from "./run-record.ts";
import type { TaskPlace } from "./task-place.ts";
import type { WatchedTemplate } from "./template-watch.ts";
import type { RenderedTemplate } from "./write-templates.ts";

/** What a task's run needs of its allocation. */
export interface TaskHost {
  /** With the ports as they are now. */
  place(): TaskPlace;
  network(): NetworkIsolation | undefined;
  /** See the scope of a job. */
  save(): Promise<void>;
  note(): Promise<void>;
  emit(detail: TaskEventDetail | AgentEventDetail, message: string): void;
  /** The task's container runs: what waits for it may go on. */
  onRunning(): void;
  /** After a failed start: true when ports were taken and others are chosen now. */
  replaceTakenPorts(error: LongshoreError): Promise<boolean>;
  /** Fills the task's folder; artifacts are fetched once. */
  prepare(place: TaskPlace, signal: AbortSignal): Promise<PreparedTask>;
  /** The task's templates, and what they were rendered from if that was in this run. */
  templates(): readonly WatchedTemplate[];
  /** Renders a template again, and writes it where that gives another text. */
  rewriteTemplate(template: Template): Promise<RenderedTemplate & { readonly changed: boolean }>;
}

export interface TaskRun {
  readonly context: AgentContext;
  readonly host: TaskHost;
  readonly record: TaskRecord;
  readonly logs: TaskLogs;
  readonly signals: StopSignals;
}

/** What may be asked of a task from outside, each once. */
export interface StopSignals {
  /** End it gracefully; the reason is a sentence for people. */
  readonly stop: AbortSignal;
  /** End it now; `stop` is aborted, too. */
  readonly kill: AbortSignal;
  /** Let go of it: the container goes on. */
  readonly detach: AbortSignal;
  /** Wait no longer for an engine that does not answer a kill: what it leaves behind is told. */
  readonly giveUp: AbortSignal;
}
