import type { Engine, LogFrame } from "../../engine/index.ts";
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
    let skip = this.#position?.frames ?? 0;
    try {
      for (;;) {
        const read = await toOutcome(frames.next());
        if ("error" in read) return await this.#mayRetry(read.error);
        if (read.value.done) return await mayGoOn();
        const frame = read.value.value;
        const known = skip > 0 && frame.timeNs !== undefined && frame.timeNs === toNs(this.#position);
        skip = known ? skip - 1 : 0;
        if (!known) await this.#write(frame);
      }
    } finally {
      await frames.return?.();
    }
  }

  /** Whether reading may go on after a stream broke; waits for the engine to come back. */
  async #mayRetry(error: unknown): Promise<boolean> {
    const { signal, engineBack, onNote } = this.#options;
    if (signal.aborted || isLongshoreError(error, "not-found")) return false;
    if (isLongshoreError(error, "unavailable") || isLongshoreError(error, "timeout")) {
      await engineBack();
      return true;
    }
    onNote(`The task's output cannot be read: ${toMessage(error)}`);
    return false;
  }

  async #write(frame: LogFrame): Promise<void> {
    if (frame.timeNs === undefined) this.#ttySinceNs = BigInt(Date.now()) * 1_000_000n;
    else this.#position = advance(this.#position, frame.timeNs);
    const taken = this.#options.sink.write(frame, frame.timeNs === undefined ? undefined : this.#position);
    if (taken !== undefined) await taken;
    this.#writes++;
  }
}

/** The position after one more frame of the given instant. */
export function advance(position: LogPosition | undefined, timeNs: bigint): LogPosition {
  const text = timeNs.toString();
  return { timeNs: text, frames: position?.timeNs === text ? position.frames + 1 : 1 };
}

function toNs(position: LogPosition | undefined): bigint | undefined {
  return position === undefined ? undefined : BigInt(position.timeNs);
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
