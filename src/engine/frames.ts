import { LongshoreError } from "../task/index.ts";
import type { LogFrame } from "./engine.ts";
import { parseTimestamp } from "./timestamps.ts";

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
 * Takes the engine's multiplexed stream apart. A frame that lies within one chunk is a view of it, not a copy.
 * Rejects with `internal` when the engine reports an error in the stream or the bytes are no frames.
 */
export async function* readFrames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  const header = Buffer.alloc(headerBytes);
  let headerFill = 0;
  let body: Buffer | undefined;
  let bodyFill = 0;
  for await (const chunk of chunks) {
    let at = 0;
    while (at < chunk.length) {
      if (body === undefined) {
        const taken = Math.min(headerBytes - headerFill, chunk.length - at);
        header.set(chunk.subarray(at, at + taken), headerFill);
        headerFill += taken;
        at += taken;
        if (headerFill < headerBytes) break;
        const length = readLength(header);
        if (chunk.length - at >= length) {
          yield toFrame(header, chunk.subarray(at, at + length));
          at += length;
          headerFill = 0;
          continue;
        }
        body = Buffer.allocUnsafe(length);
        bodyFill = 0;
      }
      const taken = Math.min(body.length - bodyFill, chunk.length - at);
      body.set(chunk.subarray(at, at + taken), bodyFill);
      bodyFill += taken;
      at += taken;
      if (bodyFill === body.length) {
        yield toFrame(header, body);
        body = undefined;
        headerFill = 0;
      }
    }
  }
  if (body !== undefined || headerFill > 0) {
    throw new LongshoreError("unavailable", "The engine's output stream ended within a frame");
  }
}

function readLength(header: Buffer): number {
  const length = header.readUInt32BE(4);
  const isHeader = header.readUInt8(0) <= engineErrorType && (header.readUInt32BE(0) & 0xffffff) === 0;
  if (isHeader && length <= maxFrameBytes) return length;
  throw new LongshoreError("internal", "The engine's output stream is not made of frames", {
    retryable: false,
  });
}

function toFrame(header: Buffer, data: Uint8Array): Frame {
  const type = header.readUInt8(0);
  if (type === engineErrorType) {
    throw new LongshoreError("internal", `The engine reports: ${Buffer.from(data).toString("utf8").trim()}`);
  }
  return { stream: type === 2 ? "stderr" : "stdout", data };
}

/** A raw (tty) stream as frames: all of it is stdout. */
export async function* readRawFrames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  for await (const data of chunks) yield { stream: "stdout", data };
}

const space = 0x20;
/** The longest time the engine writes: `2006-01-02T15:04:05.999999999+07:00`. */
const maxTimeBytes = 35;

/** Moves the time at the start of each frame's data into `timeNs`; a frame without one is left as it is. */
export async function* readTimedFrames(frames: AsyncIterable<Frame>): AsyncGenerator<LogFrame> {
  for await (const frame of frames) yield toLogFrame(frame);
}

function toLogFrame({ stream, data }: Frame): LogFrame {
  const end = data.subarray(0, maxTimeBytes + 1).indexOf(space);
  if (end < 0) return { stream, data, timeNs: undefined };
  const timeNs = parseTimestamp(Buffer.from(data.buffer, data.byteOffset, end).toString("latin1"));
  return timeNs === undefined ? { stream, data, timeNs } : { stream, data: data.subarray(end + 1), timeNs };
}
