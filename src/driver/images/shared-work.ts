import { Deferred, type LongshoreError, startTimer, toCanceled, unlessAborted } from "../../task/index.ts";

export interface Waiter<E> {
  /** Completes "Canceled: ..." in error texts. */
  readonly what: string;
  readonly signal?: AbortSignal | undefined;
  /** How long this waiter waits, milliseconds. */
  readonly timeoutMs?: number | undefined;
  /** The error when that time is over. */
  readonly toTimeout: () => LongshoreError;
  readonly onEvent?: ((event: E) => void) | undefined;
}

/** Work in progress; it tells everybody who waits. */
interface Job<T, E> {
  readonly controller: AbortController;
  readonly listeners: Set<(event: E) => void>;
  /** What somebody who comes later should hear first, the newest of each type. */
  readonly news: Map<string, E>;
  readonly result: Promise<T>;
}

/**
 * Does one piece of work for all who ask for it at the same time. One who gives up leaves the others be;
 * when the last one leaves, the work is canceled.
 */
export class SharedWork<T, E extends { readonly type: string }> {
  readonly #jobs = new Map<string, Job<T, E>>();

  /** Joins the work called `key`, or begins it. Rejects as the work does, or with `canceled` or the timeout's error. */
  async join(
    key: string,
    waiter: Waiter<E>,
    begin: (signal: AbortSignal, emit: (event: E) => void) => Promise<T>,
  ): Promise<T> {
    if (waiter.signal?.aborted) throw toCanceled(waiter.signal, waiter.what);
    const job = this.#jobs.get(key) ?? this.#begin(key, begin);
    const listen = (event: E) => waiter.onEvent?.(event);
    for (const event of job.news.values()) listen(event);
    job.listeners.add(listen);
    try {
      return await wait(job.result, waiter);
    } finally {
      job.listeners.delete(listen);
      if (job.listeners.size === 0) this.#end(key, job);
    }
  }

  /** Cancels all work. */
  cancel(): void {
    for (const [key, job] of this.#jobs) this.#end(key, job);
  }

  #begin(key: string, begin: (signal: AbortSignal, emit: (event: E) => void) => Promise<T>): Job<T, E> {
    const controller = new AbortController();
    const listeners = new Set<(event: E) => void>();
    const news = new Map<string, E>();
    const emit = (event: E) => {
      news.set(event.type, event);
      for (const listen of listeners) listen(event);
    };
    const result = begin(controller.signal, emit);
    const job = { controller, listeners, news, result };
    this.#jobs.set(key, job);
    const forget = () => this.#forget(key, job);
    result.then(forget, forget);
    return job;
  }

  #end(key: string, job: Job<T, E>): void {
    this.#forget(key, job);
    job.controller.abort();
  }

  #forget(key: string, job: Job<T, E>): void {
    if (this.#jobs.get(key) === job) this.#jobs.delete(key);
  }
}

async function wait<T, E>(result: Promise<T>, waiter: Waiter<E>): Promise<T> {
  const { signal, timeoutMs, what } = waiter;
  const late = new Deferred<never>();
  const onTimeout = () => late.reject(waiter.toTimeout());
  using _timer = timeoutMs === undefined ? undefined : startTimer(timeoutMs, onTimeout);
  return await unlessAborted(Promise.race([result, late.promise]), signal, what);
}
