/** How long the rest of a task's output is waited for once the task has ended, milliseconds. */
export interface OutputLimits {
  /**
   * An engine that can be reached and hands over nothing of it (30,000). After that the task's end is told and its
   * container may be removed; an event tells from when on output may be missing. An engine that is away is waited for.
   */
  readonly engineSilentMs: number;
  /**
   * A host that takes none of it (10,000). After that the task's end is told; when the task is destroyed, what was not
   * taken is lost, and an event tells from when on.
   */
  readonly readerStuckMs: number;
}

/** The limits that hold where none are given. */
export const defaultOutputLimits: OutputLimits = { engineSilentMs: 30_000, readerStuckMs: 10_000 };
