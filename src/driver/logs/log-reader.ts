import type { Engine, LogFrame } from "../../engine/index.ts";
import { isLongshoreError, type LogPosition, type LogSink } from "../../task/index.ts";
import { pause } from "../waiting.ts";
import { LogCursor } from "./log-cursor.ts";

export interface LogReaderOptions {
  readonly engine: Engine;
  readonly containerId: string;
  readonly tty: boolean;
  readonly sink: LogSink;
  /** Where to go on; from the beginning when undefined. */
  readonly position: LogPosition | undefined;
  /** Whether more output may come although the stream has ended. */
  readonly mayGoOn: () => Promise<boolean>;
  /** Resolves when the engine can be reached again. */
  readonly engineBack: () => Promise<void>;
  readonly onNote: (message: string) => void;
  readonly signal: AbortSignal;
}

const retryMs = 100;

/** Copies a container's output to a sink, exactly once also when the engine goes away in between. */
export class LogReader {
  readonly #options: LogReaderOptions;
  #cursor = new LogCursor(0n);
  #position: LogPosition | undefined;
  #ttySinceNs: bigint | undefined;
  #writes = 0;
  /** Resolves when all output was written and the sink was told; never rejects. */
  readonly done: Promise<void>;

  constructor(options: LogReaderOptions) {
    this.#options = options;
    this.#position = options.position;
    this.done = this.#run();
  }

  /** How many pieces were written so far; shows whether a slow sink still takes anything. */
  get writes(): number {
    return this.#writes;
  }

  async #run(): Promise<void> {
    const { signal, sink, onNote } = this.#options;
    try {
      while (!signal.aborted && (await this.#followOnce())) await pause(retryMs, signal);
      if (!signal.aborted) await sink.end();
    } catch (error) {
      if (signal.aborted) return;
      onNote(`The task's output cannot be kept: ${toMessage(error)}`);
    }
  }

  /** Reads one stream to its end; answers whether there may be more to read. Rejects when the sink does. */
  async #followOnce(): Promise<boolean> {
    const { engine, containerId, tty, signal, mayGoOn } = this.#options;
    const sinceNs = tty ? this.#ttySinceNs : toNs(this.#position);
    const frames = engine.containerLogs(containerId, { tty, sinceNs, signal })[Symbol.asyncIterator]();
    let known = this.#position?.frames ?? 0;
    this.#cursor = new LogCursor(0n);
    const skipped: LogFrame[] = [];
    try {
      for (;;) {
        const read = await toOutcome(frames.next());
        // Frames that had come before the end of reading was asked for are for the next reader.
        if (signal.aborted) return false;
        if ("error" in read) return await this.#mayRetry(read.error);
        if (read.value.done) {
          await this.#keepUnknown(skipped, sinceNs);
          return await mayGoOn();
        }
        if (known === 0) await this.#write(read.value.value);
        else {
          known--;
          skipped.push(read.value.value);
          if (known === 0) await this.#keepUnknown(skipped, sinceNs);
        }
      }
    } finally {
      await frames.return?.();
    }
  }

  /** Frames that were taken for known are not when the log has lost the instant that they were counted from. */
  async #keepUnknown(frames: LogFrame[], sinceNs: bigint | undefined): Promise<void> {
    const found = frames.splice(0);
    const isThere = sinceNs === undefined || found.some(({ timeNs }) => (timeNs ?? sinceNs) === sinceNs);
    for (const frame of found) {
      if (isThere) this.#note(frame);
      else await this.#write(frame);
    }
  }

  /** Whether reading may go on after a stream broke; waits for the engine to come back. */
  async #mayRetry(error: unknown): Promise<boolean> {
    const { engineBack, onNote } = this.#options;
    if (isLongshoreError(error, "not-found")) return false;
    if (isLongshoreError(error, "unavailable") || isLongshoreError(error, "timeout")) {
      await engineBack();
      return true;
    }
    onNote(`The task's output cannot be read: ${toMessage(error)}`);
    return false;
  }

  async #write(frame: LogFrame): Promise<void> {
    const position = this.#note(frame);
    const taken = this.#options.sink.write(frame, position);
    if (taken !== undefined) await taken;
    this.#writes++;
  }

  /** Moves on behind a frame; a tty's frames have no time of their own. */
  #note({ timeNs }: LogFrame): LogPosition | undefined {
    if (timeNs === undefined) {
      this.#ttySinceNs = BigInt(Date.now()) * 1_000_000n;
      return undefined;
    }
    this.#position = this.#cursor.take(timeNs);
    return this.#position;
  }
}

/** The instant to read from; undefined for the beginning. */
function toNs(position: LogPosition | undefined): bigint | undefined {
  return position === undefined || position.timeNs === "0" ? undefined : BigInt(position.timeNs);
}

async function toOutcome<T>(promise: Promise<T>): Promise<{ value: T } | { error: unknown }> {
  try {
    return { value: await promise };
  } catch (error) {
    return { error };
  }
}

function toMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
