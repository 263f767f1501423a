import { Deferred, unlessAborted } from "../../task/index.ts";

interface Tick {
  readonly come: Deferred<void>;
  readonly timer: NodeJS.Timeout;
  waiting: number;
}

/** Times for many that wait in the same interval: one timer for all of them, and none when nobody waits. */
export class Ticker {
  readonly #ticks = new Map<number, Tick>();

  /** Resolves at the interval's next tick; rejects with `canceled` when the signal aborts. */
  async next(intervalMs: number, signal: AbortSignal): Promise<void> {
    const tick = this.#ticks.get(intervalMs) ?? this.#begin(intervalMs);
    tick.waiting++;
    try {
      await unlessAborted(tick.come.promise, signal);
    } finally {
      tick.waiting--;
      if (tick.waiting === 0 && this.#ticks.get(intervalMs) === tick) this.#end(intervalMs, tick);
    }
  }

  /** How many timers run. */
  get timers(): number {
    return this.#ticks.size;
  }

  #begin(intervalMs: number): Tick {
    const come = new Deferred<void>();
    const timer = setTimeout(() => {
      this.#end(intervalMs, tick);
      come.resolve();
    }, intervalMs);
    const tick: Tick = { come, timer, waiting: 0 };
    this.#ticks.set(intervalMs, tick);
    return tick;
  }

  #end(intervalMs: number, { timer }: Tick): void {
    clearTimeout(timer);
    this.#ticks.delete(intervalMs);
  }
}
