import type { Engine } from "../engine/index.ts";
import { isLongshoreError, type Logger } from "../task/index.ts";
import { allocIdLabel } from "./container/labels.ts";

/**
 * Containers that should be gone but could not be removed while the engine was away; they are removed when it
 * is back, unless their name has been taken into use again.
 */
export class Leftovers {
  readonly #engine: Engine;
  readonly #logger: Logger;
  /** Container name -> allocation. */
  readonly #waiting = new Map<string, string>();

  constructor(engine: Engine, logger: Logger) {
    this.#engine = engine;
    this.#logger = logger;
  }

  /** Removes the container now, running or not, or when the engine is back. */
  async remove(name: string, allocId: string): Promise<void> {
    this.#waiting.set(name, allocId);
    await this.#removeOne(name, allocId);
  }

  /** The name is in use again: what it stands for stays. */
  forget(name: string): void {
    this.#waiting.delete(name);
  }

  /** Removes all that waits; called when the engine is back. */
  async removeAll(): Promise<void> {
    for (const [name, allocId] of [...this.#waiting]) await this.#removeOne(name, allocId);
  }

  async #removeOne(name: string, allocId: string): Promise<void> {
    try {
      const found = await this.#engine.inspectContainer(name);
      if (this.#waiting.get(name) !== allocId) return;
      if (found.Config.Labels[allocIdLabel] === allocId) {
        await this.#engine.removeContainer(found.Id, { force: true });
      }
      this.#waiting.delete(name);
    } catch (error) {
      if (isLongshoreError(error, "not-found")) this.#waiting.delete(name);
      else this.#logger.warn("a container could not be removed yet", { name, error });
    }
  }
}
