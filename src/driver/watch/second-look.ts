import type { Engine } from "../../engine/index.ts";
import { type Logger, pause } from "../../task/index.ts";
import { allocIdLabel } from "../container/labels.ts";
import type { WatchState } from "./engine-watch.ts";

export interface SecondLookOptions {
  readonly engine: Engine;
  readonly logger: Logger;
  /** Milliseconds between two looks. */
  readonly everyMs: number;
  readonly engineState: () => WatchState;
  /** Ids of the containers whose tasks run as far as is known. */
  readonly running: () => readonly string[];
  /** A container does not run, or is gone. */
  readonly onEnded: (containerId: string) => void;
}

const liveStates = ["running", "paused", "restarting"] as const;

/**
 * Asks now and then, with one call for all tasks, which containers run: engines drop events for readers that are
 * slow for a moment, and a connection may fall silent without breaking.
 */
export class SecondLook implements Disposable {
  readonly #options: SecondLookOptions;
  readonly #ending = new AbortController();

  constructor(options: SecondLookOptions) {
    this.#options = options;
    void this.#run();
  }

  [Symbol.dispose](): void {
    this.#ending.abort();
  }

  async #run(): Promise<void> {
    const { everyMs, engineState, running, logger } = this.#options;
    const { signal } = this.#ending;
    while (!signal.aborted) {
      await pause(everyMs, signal, { unref: true }).catch(() => undefined);
      const expected = running();
      if (signal.aborted || expected.length === 0 || engineState().phase !== "open") continue;
      await this.#look(expected).catch((error: unknown) => {
        if (!signal.aborted) logger.debug("could not ask which containers run", { error });
      });
    }
  }

  async #look(expected: readonly string[]): Promise<void> {
    const { engine, onEnded } = this.#options;
    const { signal } = this.#ending;
    const found = await engine.listContainers({ labels: [allocIdLabel], states: liveStates, signal });
    const live = new Set(found.map(({ Id }) => Id));
    for (const id of expected) if (!live.has(id)) onEnded(id);
  }
}
