import { onAbort } from "../task/index.ts";

/** Hands every item to each of its readers; a reader that is behind loses its oldest items and is told how many. */
export class FanOut<T> {
  readonly #queues = new Set<Queue<T>>();
  readonly #limit: number;
  readonly #toLoss: (lost: number) => T;
  #closed = false;

  /** `limit` is how many items wait for a slow reader; `toLoss` makes the item that tells of lost ones. */
  constructor(limit: number, toLoss: (lost: number) => T) {
    this.#limit = limit;
    this.#toLoss = toLoss;
  }

  push(item: T): void {
    for (const queue of this.#queues) queue.push(item);
  }

  /** Items from this call on, after those of `first`, until the signal aborts or the fan-out is closed. */
  read(
    options: { readonly signal?: AbortSignal | undefined; readonly first?: readonly T[] } = {},
  ): AsyncIterable<T> {
    const queue = new Queue<T>(this.#limit, this.#toLoss);
    for (const item of options.first ?? []) queue.push(item);
    if (this.#closed || options.signal?.aborted) queue.close();
    else this.#queues.add(queue);
    const close = () => {
      queue.close();
      // One that is never iterated would stay for good.
      this.#queues.delete(queue);
    };
    const listening = options.signal && onAbort(options.signal, close);
    return this.#iterate(queue, () => listening?.[Symbol.dispose]());
  }

  close(): void {
    this.#closed = true;
    for (const queue of this.#queues) queue.close();
  }

  async *#iterate(queue: Queue<T>, done: () => void): AsyncGenerator<T> {
    try {
      for (;;) {
        const item = await queue.next();
        if (item === undefined) return;
        yield item.value;
      }
    } finally {
      done();
      this.#queues.delete(queue);
    }
  }
}

class Queue<T> {
  readonly #limit: number;
  readonly #toLoss: (lost: number) => T;
  #items: T[] = [];
  #lost = 0;
  #closed = false;
  #wake: (() => void) | undefined;

  constructor(limit: number, toLoss: (lost: number) => T) {
    this.#limit = limit;
    this.#toLoss = toLoss;
  }

  push(item: T): void {
    if (this.#closed) return;
    this.#items.push(item);
    if (this.#items.length > this.#limit) {
      this.#items.shift();
      this.#lost++;
    }
    this.#wake?.();
  }

  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  /** The next item; undefined when the queue is closed and empty. */
  async next(): Promise<{ readonly value: T } | undefined> {
    for (;;) {
      if (this.#lost > 0) {
        const lost = this.#lost;
        this.#lost = 0;
        return { value: this.#toLoss(lost) };
      }
      const [item] = this.#items.splice(0, 1);
      if (item !== undefined) return { value: item };
      if (this.#closed) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
