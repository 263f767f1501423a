import { countKnown, type Engine, LogCursor, type LogFrame, type LogPlace } from "../../engine/index.ts";
import { isLongshoreError, type LogPosition, type LogSink } from "../../task/index.ts";
import { pause } from "../waiting.ts";

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
  #cursor = new LogCursor(undefined);
  #position: LogPosition | undefined;
  #ttySinceNs: bigint | undefined;
  #writes = 0;
  readonly #stopping = new AbortController();
  readonly #signal: AbortSignal;
  /** Resolves when all output was written and the sink was told; never rejects. */
  readonly done: Promise<void>;

  constructor(options: LogReaderOptions) {
    this.#options = options;
    this.#position = options.position;
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
    const signal = this.#signal;
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
    const { engine, containerId, tty, mayGoOn } = this.#options;
    const signal = this.#signal;
    const place = tty ? { sinceNs: this.#ttySinceNs, frames: 0 } : toPlace(this.#position);
    const { sinceNs } = place;
    const frames = engine.containerLogs(containerId, { tty, sinceNs, signal })[Symbol.asyncIterator]();
    let known: number | undefined;
    this.#cursor = new LogCursor(sinceNs);
    try {
      for (;;) {
        const read = await toOutcome(frames.next());
        // Frames that had come before the end of reading was asked for are for the next reader.
        if (signal.aborted) return false;
        if ("error" in read) return await this.#mayRetry(read.error);
        if (read.value.done) return await mayGoOn();
        const frame = read.value.value;
        known ??= countKnown(place, frame.timeNs);
        if (known === 0) await this.#write(frame);
        else {
          known--;
          this.#cursor.take(frame.timeNs);
        }
      }
    } finally {
      await frames.return?.();
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
    this.#cursor.take(timeNs);
    this.#position = toPosition(this.#cursor.position());
    return this.#position;
  }
}

/** Where to read from; a position that says nothing readable is the beginning. */
function toPlace(position: LogPosition | undefined): LogPlace {
  if (position === undefined || !/^\d+$/.test(position.timeNs)) return { sinceNs: undefined, frames: 0 };
  const timeNs = BigInt(position.timeNs);
  return { sinceNs: timeNs === 0n ? undefined : timeNs, frames: position.frames };
}

function toPosition({ sinceNs, frames }: LogPlace): LogPosition {
  return { timeNs: (sinceNs ?? 0n).toString(), frames };
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
