import { errorMessage, type LogSink } from "../../task/index.ts";
import { type FollowOptions, followLogs, type LogPiece } from "./follow-logs.ts";
import { afterTime, toPlace } from "./log-position.ts";
import { ReaderPace } from "./reader-pace.ts";

export interface LogReaderOptions extends FollowOptions {
  readonly sink: LogSink;
  /** When to begin, which is at once when missing; never rejects. */
  readonly begin?: Promise<unknown> | undefined;
}

/** Copies a container's output to a sink, as fast as that takes it. */
export class LogReader {
  readonly #options: LogReaderOptions;
  readonly #pace: ReaderPace;
  /** The time of what it has taken last. */
  #takenNs: bigint | undefined;
  #isRead = false;
  readonly #stopping = new AbortController();
  readonly #signal: AbortSignal;
  /** Resolves when all output was written and the sink was told; never rejects. */
  readonly done: Promise<void>;

  constructor(options: LogReaderOptions) {
    this.#options = options;
    this.#pace = new ReaderPace(options.ended);
    this.#takenNs = toPlace(options.position)?.timeNs;
    this.#signal = AbortSignal.any([options.signal, this.#stopping.signal]);
    this.done = this.#run();
  }

  /**
   * Waits until all output was written, or cannot be read: true. False when the sink, once the task has ended, takes
   * nothing for so many milliseconds; the reading goes on.
   */
  async isTaken(stuckMs: number): Promise<boolean> {
    return await this.#pace.keepsUp(this.done, stuckMs);
  }

  /** Ends the reading, and tells from when on its output is lost if the sink has not been given all of it. */
  giveUp(why: string): void {
    if (this.#isRead || this.#signal.aborted) return;
    this.stop();
    this.#options.onNote(`Output${afterTime(this.#takenNs)} is lost: ${why}`);
  }

  /** Ends the reading without telling the sink: the output is another one's from now on. */
  stop(): void {
    this.#stopping.abort();
  }

  async #run(): Promise<void> {
    const { sink, onNote, begin } = this.#options;
    using _pace = this.#pace;
    try {
      await begin;
      await this.#copy();
      this.#isRead = true;
      if (!this.#signal.aborted) await this.#waitForSink(sink.end());
    } catch (error) {
      if (!this.#signal.aborted)
        onNote(`Output${afterTime(this.#takenNs)} cannot be kept: ${errorMessage(error)}`);
    }
  }

  /** Rejects when the sink does; that the output cannot be read is told. */
  async #copy(): Promise<void> {
    const pieces = followLogs({ ...this.#options, signal: this.#signal });
    try {
      for (;;) {
        const read = await toOutcome(pieces.next());
        if (this.#signal.aborted) return;
        if ("error" in read) {
          this.#options.onNote(`The task's output cannot be read: ${errorMessage(read.error)}`);
          return;
        }
        if (read.value.done) return;
        await this.#write(read.value.value);
      }
    } finally {
      await pieces.return(undefined);
    }
  }

  async #write(pieces: readonly LogPiece[]): Promise<void> {
    for (const { chunk, position } of pieces) {
      const taken = this.#options.sink.write(chunk, position);
      if (taken !== undefined) await this.#waitForSink(taken);
      this.#takenNs = chunk.timeNs;
      // What the sink has not been given is for the next reader.
      if (this.#signal.aborted) return;
    }
  }

  async #waitForSink(work: Promise<void> | void): Promise<void> {
    this.#pace.begin();
    await work;
    this.#pace.end();
  }
}

async function toOutcome<T>(promise: Promise<T>): Promise<{ value: T } | { error: unknown }> {
  try {
    return { value: await promise };
  } catch (error) {
    return { error };
  }
}
