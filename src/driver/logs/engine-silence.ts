import { onAbort } from "../../task/index.ts";

/** The first time that a stalled answer gets, as a share of all the time; each one after it gets twice as much. */
const firstShare = 1 / 15;

export interface EngineSilenceOptions {
  /** How long the engine may hand over nothing of a log that it should have, milliseconds. */
  readonly limitMs: number;
  /** Aborts when the container has ended: from then on all of its log should come at once. */
  readonly ended: AbortSignal;
}

/**
 * Tells an engine that keeps a log to itself from one that has nothing to say yet, and from a reader that takes its
 * time. An answer that stalls after the container's end is given up, so that it can be asked for anew.
 */
export class EngineSilence {
  readonly #options: EngineSilenceOptions;
  /** Since when something should have come; undefined while all is well. */
  #sinceMs: number | undefined;
  #stalls = 0;

  constructor(options: EngineSilenceOptions) {
    this.#options = options;
  }

  /** Whether it has lasted for too long. */
  get isOver(): boolean {
    return this.#sinceMs !== undefined && performance.now() - this.#sinceMs >= this.#options.limitMs;
  }

  /** To be disposed when the answer has ended. */
  ask(signal: AbortSignal): Answer {
    return new Answer(signal, {
      ended: this.#options.ended,
      begin: () => {
        this.#sinceMs ??= performance.now();
        return this.#options.limitMs * firstShare * 2 ** this.#stalls;
      },
      onPiece: () => this.#break(),
      onStall: () => this.#stalls++,
    });
  }

  /** Notes that an answer broke off. One that held for long before that shows that all was well meanwhile. */
  onBreak(answer: Answer): void {
    answer[Symbol.dispose]();
    const heldMs = performance.now() - answer.sinceMs;
    if (!answer.hasStalled && heldMs > this.#options.limitMs) this.#break();
    this.#sinceMs ??= performance.now();
  }

  /** Waits for what it is known why it takes long; that time does not count. */
  async exclude(work: Promise<void>): Promise<void> {
    const startedMs = performance.now();
    await work;
    if (this.#sinceMs !== undefined) this.#sinceMs += performance.now() - startedMs;
  }

  #break(): void {
    this.#sinceMs = undefined;
    this.#stalls = 0;
  }
}

interface AnswerOptions {
  readonly ended: AbortSignal;
  /** The wait for the engine begins; answers how long it may take, milliseconds. */
  readonly begin: () => number;
  readonly onPiece: () => void;
  readonly onStall: () => void;
}

/** One answer of the engine, and the wait for its next piece. */
export class Answer implements Disposable {
  /** When it was asked for. */
  readonly sinceMs = performance.now();
  /** Aborts with the signal that was given, and when the answer stalls. */
  readonly signal: AbortSignal;
  readonly #options: AnswerOptions;
  readonly #stalling = new AbortController();
  readonly #listening: Disposable;
  #timer: NodeJS.Timeout | undefined;
  #isRead = false;

  constructor(signal: AbortSignal, options: AnswerOptions) {
    this.#options = options;
    this.signal = AbortSignal.any([signal, this.#stalling.signal]);
    if (options.ended.aborted) this.#expect();
    this.#listening = onAbort(options.ended, () => this.#expect());
  }

  get hasStalled(): boolean {
    return this.#stalling.signal.aborted;
  }

  /** Something of it has come that may be known already: it goes on, and yet has nothing to show. */
  readonly onProgress = (): void => {
    if (this.#timer !== undefined) this.#expect();
  };

  /** A new piece of it has come, and its reader is at that now. */
  pause(): void {
    this.#isRead = true;
    this.#options.onPiece();
    clearTimeout(this.#timer);
  }

  /** The engine is waited for again. */
  goOn(): void {
    this.#isRead = false;
    if (this.#options.ended.aborted) this.#expect();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#listening[Symbol.dispose]();
  }

  #expect(): void {
    clearTimeout(this.#timer);
    if (this.#isRead) return;
    const stall = () => {
      this.#options.onStall();
      this.#stalling.abort();
    };
    this.#timer = setTimeout(stall, this.#options.begin());
  }
}
