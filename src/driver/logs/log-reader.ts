import { errorMessage, type LogSink } from "../../task/index.ts";
import { type FollowOptions, followLogs, type LogPiece } from "./follow-logs.ts";

export interface LogReaderOptions extends FollowOptions {
  readonly sink: LogSink;
}

/** Copies a container's output to a sink, as fast as that takes it. */
export class LogReader {
  readonly #options: LogReaderOptions;
  #writes = 0;
  readonly #stopping = new AbortController();
  readonly #signal: AbortSignal;
  /** Resolves when all output was written and the sink was told; never rejects. */
  readonly done: Promise<void>;

  constructor(options: LogReaderOptions) {
    this.#options = options;
    this.#signal = AbortSignal.any([options.signal, this.#stopping.signal]);
    this.done = this.#run();
  }

  /** How many pieces were written so far; shows whether a slow sink still takes anything. */
  get writes(): number {
    return this.#writes;
  }

  /** Ends the reading without telling the sink: the output is another one's from now on. */
  stop(): void {
    this.#stopping.abort();
  }

  async #run(): Promise<void> {
    const { sink, onNote } = this.#options;
    try {
      await this.#copy();
      if (!this.#signal.aborted) await sink.end();
    } catch (error) {
      if (!this.#signal.aborted) onNote(`The task's output cannot be kept: ${errorMessage(error)}`);
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
      if (taken !== undefined) await taken;
      this.#writes++;
      // What the sink has not been given is for the next reader.
      if (this.#signal.aborted) return;
    }
  }
}

async function toOutcome<T>(promise: Promise<T>): Promise<{ value: T } | { error: unknown }> {
  try {
    return { value: await promise };
  } catch (error) {
    return { error };
  }
}
