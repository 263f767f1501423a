import { onAbort, settlesWithin } from "../../task/index.ts";

/** How a reader of a task's output gets on: a slow one is waited for, one that stands still is not. */
export class ReaderPace implements Disposable {
  readonly #listening: Disposable;
  /** Since when the reader is at a piece, or since the task's end; undefined while the engine is waited for. */
  #sinceMs: number | undefined;

  /** The signal aborts when the task has ended: a reader has its time from then on. */
  constructor(ended: AbortSignal) {
    this.#listening = onAbort(ended, () => {
      if (this.#sinceMs !== undefined) this.begin();
    });
  }

  /** The reader has a piece. */
  begin(): void {
    this.#sinceMs = performance.now();
  }

  /** It has taken it. */
  end(): void {
    this.#sinceMs = undefined;
  }

  /** Waits until the reading is done: true. False when the reader, once the task has ended, stands still for so long. */
  async keepsUp(done: Promise<unknown>, stuckMs: number): Promise<boolean> {
    for (;;) {
      const leftMs = stuckMs - (this.#sinceMs === undefined ? 0 : performance.now() - this.#sinceMs);
      if (leftMs <= 0) return false;
      if (await settlesWithin(done, leftMs)) return true;
    }
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
  }
}
