import type { Engine, LogFrame, LogGap, LogPlace } from "../../engine/index.ts";
import { isLongshoreError, type LogPosition, type LogSink } from "../../task/index.ts";
import { pause } from "../waiting.ts";
import { toGapNote, toPlace, toPosition } from "./log-position.ts";

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
/** An engine that answers, but not well, is asked so often before its word is taken. */
const mostFailures = 20;

/** Copies a container's output to a sink, exactly once also when the engine goes away in between. */
export class LogReader {
  readonly #options: LogReaderOptions;
  #place: LogPlace | undefined;
  #writes = 0;
  #failures = 0;
  readonly #stopping = new AbortController();
  readonly #signal: AbortSignal;
  /** Resolves when all output was written and the sink was told; never rejects. */
  readonly done: Promise<void>;

  constructor(options: LogReaderOptions) {
    this.#options = options;
    this.#place = toPlace(options.position);
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
    const { engine, containerId, tty, mayGoOn, onNote } = this.#options;
    const signal = this.#signal;
    const onGap = (gap: LogGap) => onNote(toGapNote(gap));
    const options = { tty, from: this.#place, onGap, signal };
    const frames = engine.containerLogs(containerId, options)[Symbol.asyncIterator]();
    try {
      for (;;) {
        const read = await toOutcome(frames.next());
        // Frames that had come before the end of reading was asked for are for the next reader.
        if (signal.aborted) return false;
        if ("error" in read) return await this.#mayRetry(read.error);
        if (read.value.done) return await mayGoOn();
        await this.#write(read.value.value);
      }
    } finally {
      await frames.return?.();
    }
  }

  /** Whether reading may go on after a stream broke; waits for the engine to come back. */
  async #mayRetry(error: unknown): Promise<boolean> {
    const { engineBack, onNote } = this.#options;
    if (isLongshoreError(error, "not-found")) return false;
    const isAway = isLongshoreError(error, "unavailable") || isLongshoreError(error, "timeout");
    const mayPass = isLongshoreError(error) && error.retryable && ++this.#failures < mostFailures;
    if (isAway || mayPass) {
      await engineBack();
      return true;
    }
    onNote(`The task's output cannot be read: ${toMessage(error)}`);
    return false;
  }

  async #write({ stream, data, timeNs, place }: LogFrame): Promise<void> {
    const taken = this.#options.sink.write({ stream, data, timeNs }, toPosition(place));
    if (taken !== undefined) await taken;
    this.#place = place;
    this.#failures = 0;
    this.#writes++;
  }
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
