import type { Logger } from "../task/index.ts";

/**
 * Collects how to undo the steps of something that may fail half-way. Disposing undoes them, last first, unless
 * {@link keep} was called. What fails while undoing is logged and hides nothing.
 */
export class Rollback implements AsyncDisposable {
  readonly #logger: Logger;
  #steps: (() => Promise<void> | void)[] = [];

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  add(undo: () => Promise<void> | void): void {
    this.#steps.push(undo);
  }

  /** All went well: nothing is undone. */
  keep(): void {
    this.#steps = [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const undo of this.#steps.splice(0).reverse()) {
      try {
        await undo();
      } catch (error) {
        this.#logger.warn("could not undo a step of a failed start", { error });
      }
    }
  }
}
