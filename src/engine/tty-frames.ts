import { readTime, type TimedFrame } from "./frames.ts";
import { TimestampReader } from "./timestamps.ts";

const newline = 0x0a;
/** The engine cuts a longer line into parts of this size, each with a time before it. Source: moby's log copier. */
const partBytes = 16 * 1024;

/**
 * Takes a terminal's log, asked for with times, apart: one frame for each line, or part of a long line. It has no
 * headers that say how long a frame is, so a frame ends with its line or at the engine's own limit.
 */
export async function* readTtyFrames(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly TimedFrame[]> {
  let rest: Uint8Array = new Uint8Array();
  let timeNs: bigint | undefined;
  const times = new TimestampReader();
  for await (const chunk of chunks) {
    const frames: TimedFrame[] = [];
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (;;) {
      const frame = cutFrame(rest, { times, before: timeNs });
      if (frame === undefined) break;
      rest = rest.subarray(frame.bytes);
      timeNs = frame.timeNs;
      frames.push(toFrame(frame));
    }
    if (frames.length > 0) yield frames;
  }
  if (rest.length > 0) yield [toFrame(cutRest(rest, { times, before: timeNs }))];
}

interface Clock {
  readonly times: TimestampReader;
  /** The time of the frame before. */
  readonly before: bigint | undefined;
}

interface Cut {
  readonly timeNs: bigint | undefined;
  readonly data: Uint8Array;
  /** With its time. */
  readonly bytes: number;
}

/** The first frame, when all of it is there. One that begins without a time goes on in the one before. */
function cutFrame(bytes: Uint8Array, { times, before }: Clock): Cut | undefined {
  const end = bytes.indexOf(newline);
  if (end < 0 && bytes.length < partBytes) return undefined;
  const time = readTime(bytes, times);
  const start = time?.bytes ?? 0;
  const limit = start + partBytes;
  if (end < 0 && bytes.length < limit) return undefined;
  const length = end < 0 || end >= limit ? limit : end + 1;
  return { timeNs: time?.timeNs ?? before, data: bytes.subarray(start, length), bytes: length };
}

function cutRest(bytes: Uint8Array, { times, before }: Clock): Cut {
  const time = readTime(bytes, times);
  return { timeNs: time?.timeNs ?? before, data: bytes.subarray(time?.bytes ?? 0), bytes: bytes.length };
}

function toFrame({ data, timeNs }: Cut): TimedFrame {
  return { stream: "stdout", data, timeNs };
}
