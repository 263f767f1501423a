import { setTimeout as pause } from "node:timers/promises";
import type { LogChunk, LogPosition, LogSink } from "../../task/index.ts";
import type { LogTail, LogTails } from "./log-tails.ts";

/** Output older than this before the files were last written is in them for certain, milliseconds. */
const doubtMs = 1000;
/** File systems keep the time of a clock that may be some milliseconds behind. */
const clockMs = 100;
/** How long to wait for output that ends the doubt. */
const patienceMs = 1000;

/**
 * Hands on what another program has not put into a task's log files yet, of output that is read from its beginning.
 * What is older than the files is in them, what is newer is not, and what was written at about the same time is
 * compared with the files' end.
 */
export function createTakeoverSink(sink: LogSink, tails: LogTails): LogSink {
  const streams = {
    stdout: tails.stdout && new Takeover(sink, tails.stdout),
    stderr: tails.stderr && new Takeover(sink, tails.stderr),
  };
  return {
    write(chunk, position) {
      const takeover = streams[chunk.stream];
      if (takeover === undefined || takeover.settled) return sink.write(chunk, position);
      return takeover.write(chunk, position);
    },
    async end() {
      await streams.stdout?.settle();
      await streams.stderr?.settle();
      await sink.end();
    },
  };
}

class Takeover {
  readonly #sink: LogSink;
  readonly #tail: LogTail;
  #held: Held[] = [];
  #settling: Promise<void> | undefined;

  constructor(sink: LogSink, tail: LogTail) {
    this.#sink = sink;
    this.#tail = tail;
  }

  /** Whether there is no doubt any more. */
  settled = false;

  async write(chunk: LogChunk, position: LogPosition | undefined): Promise<void> {
    if (this.#settling !== undefined) {
      await this.#settling;
      return await this.#sink.write(chunk, position);
    }
    const { writtenMs } = this.#tail;
    if (toMs(chunk) < writtenMs - doubtMs) return;
    this.#held.push({ chunk, position });
    if (toMs(chunk) > writtenMs + clockMs) return await this.settle();
    if (this.#held.length === 1) this.#settleLater();
  }

  /** Hands on what was held and is new. */
  async settle(): Promise<void> {
    this.#settling ??= this.#settle();
    await this.#settling;
  }

  #settleLater(): void {
    // Nothing may follow for a long time. A sink that takes nothing is told by the next write.
    void pause(patienceMs, undefined, { ref: false }).then(() => this.settle().catch(() => undefined));
  }

  async #settle(): Promise<void> {
    const { data, writtenMs } = this.#tail;
    const doubtful = this.#held.filter(({ chunk }) => toMs(chunk) <= writtenMs + clockMs);
    let known = findOverlap(data, Buffer.concat(doubtful.map(({ chunk }) => chunk.data)));
    for (const { chunk, position } of this.#held) {
      const skipped = Math.min(known, chunk.data.byteLength);
      known -= skipped;
      const rest = { ...chunk, data: chunk.data.subarray(skipped) };
      if (rest.data.byteLength > 0) await this.#sink.write(rest, position);
    }
    this.settled = true;
  }
}

interface Held {
  readonly chunk: LogChunk;
  readonly position: LogPosition | undefined;
}

function toMs({ timeNs }: LogChunk): number {
  return Number((timeNs ?? 0n) / 1_000_000n);
}

/** The longest beginning of `next` that `written` ends with, in bytes. */
export function findOverlap(written: Uint8Array, next: Uint8Array): number {
  const end = Buffer.from(written.buffer, written.byteOffset, written.byteLength);
  for (let length = Math.min(written.byteLength, next.byteLength); length > 0; length--) {
    if (end.compare(next, 0, length, end.byteLength - length) === 0) return length;
  }
  return 0;
}
