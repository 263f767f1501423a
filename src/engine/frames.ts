import { LongshoreError } from "../task/index.ts";
import { TimestampReader } from "./timestamps.ts";

/** A piece of one of the two output streams. */
export interface Frame {
  readonly stream: "stdout" | "stderr";
  readonly data: Uint8Array;
}

const headerBytes = 8;
/** Log frames are 16 KiB and a time, exec's 32 KiB; anything near this is no frame stream. */
const maxFrameBytes = 64 * 1024 * 1024;
const engineErrorType = 3;

/**
 * Takes the engine's multiplexed stream apart: the frames that each chunk completes, together. A frame that lies
 * within one chunk is a view of it, not a copy. Rejects with `internal` when the engine reports an error in the stream
 * or the bytes are no frames, and with `unavailable` when the stream ends within a frame.
 */
export async function* readFrames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<readonly Frame[]> {
  const cutter = new FrameCutter();
  for await (const chunk of chunks) {
    const { frames, fault } = cutter.cut(chunk);
    if (frames.length > 0) yield frames;
    if (fault !== undefined) throw fault;
  }
  if (cutter.hasRest) {
    throw new LongshoreError("unavailable", "The engine's output stream ended within a frame");
  }
}

class FrameCutter {
  readonly #parts = new PartReader();
  #header: Header | undefined;

  get hasRest(): boolean {
    return this.#header !== undefined || this.#parts.hasRest;
  }

  /** The frames that a chunk completes, and why there are no more. */
  cut(chunk: Uint8Array): { readonly frames: readonly Frame[]; readonly fault?: unknown } {
    const frames: Frame[] = [];
    this.#parts.give(chunk);
    try {
      for (;;) {
        this.#header ??= this.#takeHeader();
        const data = this.#header && this.#parts.take(this.#header.length);
        if (this.#header === undefined || data === undefined) return { frames };
        frames.push(toFrame(this.#header, data));
        this.#header = undefined;
      }
    } catch (fault) {
      return { frames, fault };
    }
  }

  #takeHeader(): Header | undefined {
    const part = this.#parts.take(headerBytes);
    return part && readHeader(part);
  }
}

/** What stands before each frame. */
interface Header {
  readonly type: number;
  readonly length: number;
}

/** Cuts parts of wanted sizes out of chunks; only a part that lies in several chunks is copied. */
class PartReader {
  #chunk: Uint8Array = new Uint8Array();
  #at = 0;
  /** The beginning of a part whose end has not come yet. */
  #part: Uint8Array | undefined;
  #filled = 0;

  get hasRest(): boolean {
    return this.#part !== undefined || this.#left > 0;
  }

  /** The chunk before must have been used up. */
  give(chunk: Uint8Array): void {
    this.#chunk = chunk;
    this.#at = 0;
  }

  /** The next part; undefined when more must be given first. The same length must be asked for until it comes. */
  take(length: number): Uint8Array | undefined {
    if (this.#part === undefined && this.#left >= length) return this.#cut(length);
    if (this.#left === 0) return undefined;
    this.#part ??= Buffer.allocUnsafe(length);
    const piece = this.#cut(Math.min(length - this.#filled, this.#left));
    this.#part.set(piece, this.#filled);
    this.#filled += piece.length;
    if (this.#filled < length) return undefined;
    const part = this.#part;
    this.#part = undefined;
    this.#filled = 0;
    return part;
  }

  get #left(): number {
    return this.#chunk.length - this.#at;
  }

  #cut(length: number): Uint8Array {
    const from = this.#at;
    this.#at += length;
    return this.#chunk.subarray(from, this.#at);
  }
}

function readHeader(bytes: Uint8Array): Header {
  const at = (index: number): number => bytes[index] ?? 0;
  const [type, length] = [at(0), at(4) * 2 ** 24 + (at(5) << 16) + (at(6) << 8) + at(7)];
  const isHeader = type <= engineErrorType && at(1) + at(2) + at(3) === 0;
  if (isHeader && length <= maxFrameBytes) return { type, length };
  throw new LongshoreError("internal", "The engine's output stream is not made of frames");
}

function toFrame({ type }: Header, data: Uint8Array): Frame {
  if (type === engineErrorType) {
    throw new LongshoreError("internal", `The engine reports: ${Buffer.from(data).toString("utf8").trim()}`);
  }
  return { stream: type === 2 ? "stderr" : "stdout", data };
}

/** A raw (tty) stream as frames: all of it is stdout. */
export async function* readRawFrames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<readonly Frame[]> {
  for await (const data of chunks) yield [{ stream: "stdout", data }];
}

const space = 0x20;
/** The longest time the engine writes: `2006-01-02T15:04:05.999999999+07:00`. */
const maxTimeBytes = 35;
/** The length of nearly all times. */
const fixedTimeBytes = 30;

/** A piece of output with the time that the engine wrote before it; undefined when there was none. */
export interface TimedFrame extends Frame {
  readonly timeNs: bigint | undefined;
}

/** Moves the time at the start of each frame's data into `timeNs`; a frame without one is left as it is. */
export async function* readTimedFrames(
  batches: AsyncIterable<readonly Frame[]>,
): AsyncGenerator<readonly TimedFrame[]> {
  const times = new TimestampReader();
  for await (const frames of batches) yield frames.map((frame) => toTimedFrame(frame, times));
}

function toTimedFrame({ stream, data }: Frame, times: TimestampReader): TimedFrame {
  const time = readTime(data, times);
  if (time === undefined) return { stream, data, timeNs: undefined };
  return { stream, data: data.subarray(time.bytes), timeNs: time.timeNs };
}

/** The time that data begins with, and its length with the space behind it. */
export function readTime(
  data: Uint8Array,
  times: TimestampReader,
): { readonly timeNs: bigint; readonly bytes: number } | undefined {
  const end =
    data[fixedTimeBytes] === space ? fixedTimeBytes : data.subarray(0, maxTimeBytes + 1).indexOf(space);
  if (end < 0) return undefined;
  const timeNs = times.read(data, end);
  return timeNs === undefined ? undefined : { timeNs, bytes: end + 1 };
}
