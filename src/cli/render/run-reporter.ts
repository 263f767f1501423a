import type { RunEvent } from "../../agent/agent.ts";
import type { ReadJob } from "../../jobfile/job.ts";

/** Tells of a run while it happens: to people or to programs. */
export interface RunReporter {
  /** What of the file is doubtful or has no effect; comes first. */
  warn(read: ReadJob): void;
  /** Resolves when the streams can take more. The exit code is asked for with the last event. */
  show(event: RunEvent, exitCode: () => number): Promise<void>;
  /** Something between events that only people need to know. */
  note(text: string): void;
  /** Something that is not as it should be. */
  warning(text: string): void;
  /** No event follows; writes what was kept back. */
  end(): void;
}
