import type { Engine } from "../engine/index.ts";
import { type CallOptions, isLongshoreError, type Logger, pause } from "../task/index.ts";
import { allocIdLabel } from "./container/labels.ts";

const firstRetryMs = 50;
const retryMs = 500;

/** What came of an attempt: a refusal may be over in a moment, an engine that is away takes its time. */
type Removal = "gone" | "refused" | "away";

/**
 * Containers that should be gone but could not be removed while the engine was away. They are removed when it
 * answers again, unless their name has been taken into use meanwhile.
 */
export class Leftovers implements Disposable {
  readonly #engine: Engine;
  readonly #logger: Logger;
  readonly #ending = new AbortController();
  /** Container name -> allocation. */
  readonly #waiting = new Map<string, string>();
  readonly #underWay = new Set<Promise<void>>();
  readonly #removals = new Map<string, Promise<void>>();
  #retrying: Promise<void> | undefined;

  constructor(engine: Engine, logger: Logger) {
    this.#engine = engine;
    this.#logger = logger;
  }

  /**
   * Removes the container, running or not. Resolves when it is gone, however long an engine that answers takes for
   * it; one that is away is not waited for: the container is removed when it comes back.
   */
  async remove(name: string, allocId: string): Promise<void> {
    this.#waiting.set(name, allocId);
    const removing = this.#removePatiently(name, allocId);
    this.follow(removing);
    await removing;
    if (this.#waiting.size > 0) this.#startRetrying();
  }

  /** Work that may end in a removal: {@link emptied} waits for it, whatever comes of it. */
  follow(work: Promise<void>): void {
    const settled = work.catch(() => undefined).finally(() => this.#underWay.delete(settled));
    this.#underWay.add(settled);
  }

  /** Resolves when nothing is left that has to be removed. */
  async emptied(): Promise<void> {
    while (this.#underWay.size > 0 || this.#retrying !== undefined)
      await Promise.all([...this.#underWay, this.#retrying]);
  }

  /** Removes the container of this id, running or not; whoever wants to take it over can know. */
  async removeNow(id: string, options: CallOptions = {}): Promise<void> {
    const removing = this.#engine.removeContainer(id, { force: true, signal: options.signal });
    const settled = removing.catch(() => undefined).finally(() => this.#removals.delete(id));
    this.#removals.set(id, settled);
    await removing;
  }

  /** Whether a removal of this container is under way: resolves when that is over, whatever came of it. */
  async isBeingRemoved(id: string): Promise<boolean> {
    const removal = this.#removals.get(id);
    await removal;
    return removal !== undefined;
  }

  /** The name is in use again: what it stands for stays. */
  forget(name: string): void {
    this.#waiting.delete(name);
  }

  [Symbol.dispose](): void {
    this.#ending.abort();
    for (const name of this.#waiting.keys()) this.#logger.warn("a container could not be removed", { name });
  }

  #startRetrying(): void {
    this.#retrying ??= this.#retry().finally(() => {
      this.#retrying = undefined;
    });
  }

  async #retry(): Promise<void> {
    while (this.#waiting.size > 0 && !this.#ending.signal.aborted) {
      await pause(retryMs, this.#ending.signal).catch(() => undefined);
      for (const [name, allocId] of [...this.#waiting]) await this.#removeOne(name, allocId);
    }
  }

  async #removePatiently(name: string, allocId: string): Promise<void> {
    const { signal } = this.#ending;
    for (let delayMs = firstRetryMs; ; delayMs = Math.min(delayMs * 2, retryMs)) {
      if ((await this.#removeOne(name, allocId)) !== "refused" || signal.aborted) return;
      await pause(delayMs, signal).catch(() => undefined);
    }
  }

  async #removeOne(name: string, allocId: string): Promise<Removal> {
    const { signal } = this.#ending;
    try {
      const found = await this.#engine.inspectContainer(name, { signal });
      if (this.#waiting.get(name) !== allocId) return "gone";
      if (found.Config.Labels[allocIdLabel] === allocId) {
        await this.removeNow(found.Id, { signal });
      }
    } catch (error) {
      if (!isLongshoreError(error, "not-found")) {
        this.#logger.debug("a container could not be removed yet", { name, error });
        const isAway = isLongshoreError(error, "unavailable") || isLongshoreError(error, "timeout");
        return isAway ? "away" : "refused";
      }
    }
    if (this.#waiting.get(name) === allocId) this.#waiting.delete(name);
    return "gone";
  }
}
