import type { Engine, EngineEvent, EngineInfo } from "../../engine/index.ts";
import {
  type CallOptions,
  Deferred,
  errorMessage,
  isLongshoreError,
  type Logger,
  LongshoreError,
  pause,
  unlessAborted,
} from "../../task/index.ts";
import { allocIdLabel } from "../container/labels.ts";

/** How the watch stands to its engine. */
export type WatchState =
  | { readonly phase: "connecting" }
  | { readonly phase: "open"; readonly info: EngineInfo }
  | { readonly phase: "lost"; readonly error: LongshoreError };

export interface WatchOptions {
  readonly engine: Engine;
  readonly logger: Logger;
  /** What the engine has just told of itself; it is not asked again with the first connection then. */
  readonly info?: EngineInfo | undefined;
  /** Events of the driver's containers; after a break some come twice. */
  readonly onEvent: (event: EngineEvent) => void;
  readonly onState: (state: WatchState) => void;
}

const firstDelayMs = 50;
/** A socket costs nothing to try, and an engine that comes back should be seen at once. */
const longestDelayMs = 1000;

/**
 * The one subscription to the engine's events, for all tasks. It begins with the first call, comes back by
 * itself when it breaks, and goes on where it was.
 */
export class EngineWatch implements Disposable {
  readonly #options: WatchOptions;
  readonly #ending = new AbortController();
  #state: WatchState = { phase: "connecting" };
  #changed = new Deferred<void>();
  #wake = new AbortController();
  #started = false;
  #sinceNs: bigint | undefined;
  #known: EngineInfo | undefined;
  /** What was heard of the instant `#sinceNs`. */
  readonly #newest = new Set<string>();
  #openings = 0;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#known = options.info;
  }

  get state(): WatchState {
    return this.#state;
  }

  /** How often the subscription was opened; another number means that there was a break in between. */
  get openings(): number {
    return this.#openings;
  }

  /** Begins to watch, if that has not happened. */
  start(): void {
    if (this.#started || this.#ending.signal.aborted) return;
    this.#started = true;
    void this.#run();
  }

  /** The engine's facts once the subscription is open; tries at once, and rejects with why it cannot be. */
  async opened(options: CallOptions = {}): Promise<EngineInfo> {
    this.start();
    if (this.#state.phase === "lost" && !this.#ending.signal.aborted) {
      this.#set({ phase: "connecting" });
      this.#wake.abort();
    }
    for (;;) {
      const state = this.#state;
      if (state.phase === "open") return state.info;
      if (state.phase === "lost") throw state.error;
      await unlessAborted(this.#changed.promise, options.signal);
    }
  }

  /** Resolves when the subscription is open, however long the engine is away. */
  async reopened(options: CallOptions = {}): Promise<void> {
    this.start();
    while (this.#state.phase !== "open") await unlessAborted(this.#changed.promise, options.signal);
  }

  [Symbol.dispose](): void {
    const error = new LongshoreError("canceled", "The driver is closed");
    this.#ending.abort(error);
    this.#set({ phase: "lost", error });
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending;
    let delayMs = firstDelayMs;
    while (!signal.aborted) {
      const error = await this.#follow(() => {
        delayMs = firstDelayMs;
      });
      if (signal.aborted) return;
      this.#options.logger.debug("the engine's events broke off", { error });
      this.#set({ phase: "lost", error });
      this.#wake = new AbortController();
      await pause(delayMs, AbortSignal.any([signal, this.#wake.signal])).catch(() => undefined);
      delayMs = Math.min(delayMs * 2, longestDelayMs);
    }
  }

  /** Follows one connection's events to its end and answers why it ended. */
  async #follow(onOpen: () => void): Promise<LongshoreError> {
    const { engine, onEvent } = this.#options;
    const connection = new AbortController();
    const signal = AbortSignal.any([this.#ending.signal, connection.signal]);
    this.#sinceNs ??= BigInt(Date.now()) * 1_000_000n;
    // Only of the engine that the first connection is made to.
    const known = this.#known;
    this.#known = undefined;
    const introduce = async () => {
      try {
        const info = known ?? (await engine.info({ signal }));
        onOpen();
        this.#openings++;
        this.#set({ phase: "open", info });
      } catch (error) {
        connection.abort(error);
      }
    };
    try {
      const filters = { type: ["container"], label: [allocIdLabel] };
      const sinceNs = this.#sinceNs;
      for await (const event of engine.events({ filters, sinceNs, signal, onOpen: () => void introduce() })) {
        if (this.#isNew(event)) onEvent(event);
      }
      return new LongshoreError("unavailable", `Docker at ${engine.endpoint} ended its events`);
    } catch (error) {
      return toLongshoreError(connection.signal.aborted ? connection.signal.reason : error);
    } finally {
      connection.abort();
    }
  }

  /** A new connection begins with the instant at which the last one ended, and that may hold several events. */
  #isNew({ timeNs, Action, Actor }: EngineEvent): boolean {
    const name = `${Action} ${Actor.ID}`;
    if (timeNs === this.#sinceNs && this.#newest.has(name)) return false;
    if (timeNs !== this.#sinceNs) this.#newest.clear();
    this.#sinceNs = timeNs;
    this.#newest.add(name);
    return true;
  }

  #set(state: WatchState): void {
    const before = this.#state;
    this.#state = state;
    const changed = this.#changed;
    this.#changed = new Deferred();
    changed.resolve();
    if (state.phase !== before.phase || state.phase === "open") this.#options.onState(state);
  }
}

function toLongshoreError(error: unknown): LongshoreError {
  if (isLongshoreError(error)) return error;
  const why = errorMessage(error);
  return new LongshoreError("unavailable", `The engine's events broke off: ${why}`, { cause: error });
}
