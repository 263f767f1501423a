import type { LogChunk, LogPosition, LogSink } from "../../task/index.ts";

interface Batch {
  readonly stream: LogChunk["stream"];
  readonly timeNs: LogChunk["timeNs"];
  readonly parts: Uint8Array[];
  bytes: number;
  position: LogPosition | undefined;
}

/**
 * Hands small chunks of one stream that come in the same turn of the event loop on as one of at most `mostBytes`: a
 * task's lines are chunks of their own, and each costs the sink's system calls. Larger chunks go on as they are.
 */
export function createMergedSink(sink: LogSink, mostBytes: number): LogSink {
  return new MergedSink(sink, mostBytes);
}

class MergedSink implements LogSink {
  readonly #sink: LogSink;
  readonly #mostBytes: number;
  #batch: Batch | undefined;
  /** The write that the sink has not taken yet, or that has failed. */
  #writing: Promise<void> | undefined;

  constructor(sink: LogSink, mostBytes: number) {
    this.#sink = sink;
    this.#mostBytes = mostBytes;
  }

  write(chunk: LogChunk, position: LogPosition | undefined): Promise<void> | undefined {
    if (this.#batch !== undefined && !this.#fits(this.#batch, chunk)) this.#flush();
    if (this.#writing !== undefined) return this.#writeLater(this.#writing, chunk, position);
    this.#add(chunk, position);
    return this.#writing;
  }

  async end(): Promise<void> {
    this.#flush();
    await this.#writing;
    await this.#sink.end();
  }

  async #writeLater(
    writing: Promise<void>,
    chunk: LogChunk,
    position: LogPosition | undefined,
  ): Promise<void> {
    await writing;
    await this.write(chunk, position);
  }

  #fits({ stream, bytes }: Batch, chunk: LogChunk): boolean {
    return stream === chunk.stream && bytes + chunk.data.byteLength <= this.#mostBytes;
  }

  #add({ stream, timeNs, data }: LogChunk, position: LogPosition | undefined): void {
    if (this.#batch === undefined) {
      this.#batch = { stream, timeNs, parts: [], bytes: 0, position };
      queueMicrotask(() => this.#flush());
    }
    this.#batch.parts.push(data);
    this.#batch.bytes += data.byteLength;
    this.#batch.position = position;
    if (this.#batch.bytes >= this.#mostBytes) this.#flush();
  }

  /** What it throws or rejects with is for the next one who writes. */
  #flush(): void {
    if (this.#batch === undefined || this.#writing !== undefined) return;
    const { stream, timeNs, parts, position } = this.#batch;
    this.#batch = undefined;
    const [first = new Uint8Array(), ...more] = parts;
    const data = more.length === 0 ? first : Buffer.concat(parts);
    try {
      const writing = this.#sink.write({ stream, timeNs, data }, position);
      if (writing !== undefined) this.#wait(writing);
    } catch (error) {
      this.#wait(Promise.reject(error));
    }
  }

  #wait(writing: Promise<void>): void {
    this.#writing = writing.then(() => {
      this.#writing = undefined;
    });
    this.#writing.catch(() => undefined);
  }
}
