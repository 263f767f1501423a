import type { Engine, EngineEvent } from "../../engine/index.ts";
import { type CallOptions, type Logger, unlessAborted } from "../../task/index.ts";
import { allocIdLabel } from "../container/labels.ts";

export interface CensusOptions {
  readonly engine: Engine;
  readonly logger: Logger;
  /** See {@link EngineWatch.openings}. */
  readonly openings: () => number;
}

/** A container that runs. */
export interface RunningContainer {
  readonly networkMode: string;
}

/** Which containers ran, by id, at an opening of the watch, without those that have ended since. */
interface Count {
  readonly openings: number;
  readonly running: Promise<Map<string, RunningContainer>>;
}

/**
 * Which containers of drivers run: one call for all of them, when somebody first wants to know of one. From then on
 * the events tell which have ended, until the watch breaks.
 */
export class Census implements Disposable {
  readonly #options: CensusOptions;
  readonly #ending = new AbortController();
  #count: Count | undefined;

  constructor(options: CensusOptions) {
    this.#options = options;
  }

  /**
   * The container if it runs and no end of it was heard of; undefined where that is not known for certain. The watch
   * must be open. Whoever wants to hear of an end that comes later must listen before.
   */
  async find(id: string, options: CallOptions): Promise<RunningContainer | undefined> {
    const openings = this.#options.openings();
    if (this.#count?.openings !== openings) this.#count = { openings, running: this.#list() };
    return (await unlessAborted(this.#count.running, options.signal)).get(id);
  }

  hear({ Action, Actor }: EngineEvent): void {
    if (Action === "die" || Action === "destroy")
      void this.#count?.running.then((running) => running.delete(Actor.ID));
  }

  [Symbol.dispose](): void {
    this.#ending.abort();
  }

  async #list(): Promise<Map<string, RunningContainer>> {
    const { engine, logger } = this.#options;
    const { signal } = this.#ending;
    try {
      const found = await engine.listContainers({ labels: [allocIdLabel], states: ["running"], signal });
      return new Map(found.map(({ Id, HostConfig }) => [Id, { networkMode: HostConfig.NetworkMode }]));
    } catch (error) {
      logger.debug("could not ask which containers run", { error });
      this.#count = undefined;
      return new Map();
    }
  }
}
