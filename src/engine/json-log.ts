import type { LogGap } from "./engine.ts";
import type { TimedFrame } from "./frames.ts";
import { formatTimestamp, TimestampReader } from "./timestamps.ts";

const newline = 0x0a;
/** What each entry begins with. Within an entry's text its quotes would be escaped. */
const entryStart = '{"log":';
/** Far more than an entry takes, which is a part of a line of 16 KiB and its attributes. */
const maxEntryBytes = 1024 * 1024;

/** One line of the file: a line of output, or a part of a long one. Source: moby's jsonfilelog. */
interface Entry {
  readonly log?: string;
  readonly stream?: string;
  readonly time: string;
}

/**
 * Reads the log files of the engine's json-file driver, from the beginning of an entry on. What an engine wrote in part
 * only (on a full disk), or a file system did not keep (zeros after a power cut), is left out and told.
 */
export class JsonLogReader {
  readonly #onSpoilt: (gap: LogGap) => void;
  readonly #times = new TimestampReader();
  #rest: Uint8Array = new Uint8Array();
  #lastNs: bigint | undefined;
  #isSpoilt = false;

  /** `onSpoilt` is told of what cannot be read, between two frames or at the end. */
  constructor(onSpoilt: (gap: LogGap) => void) {
    this.#onSpoilt = onSpoilt;
  }

  /** The frames that a chunk completes. They hold no part of the chunk. */
  read(chunk: Uint8Array): readonly TimedFrame[] {
    const end = chunk.lastIndexOf(newline) + 1;
    if (end === 0) {
      this.#rest = Buffer.concat([this.#rest, chunk]);
      this.#limitRest();
      return [];
    }
    const lines = toText(this.#rest, chunk.subarray(0, end));
    this.#rest = Uint8Array.from(chunk.subarray(end));
    return this.#toFrames(lines);
  }

  /** Nothing comes after what was read. */
  end(): void {
    if (this.#isSpoilt || this.#rest.length > 0) this.#onSpoilt({ fromNs: this.#lastNs, toNs: undefined });
  }

  /** A gigabyte of zeros, of a file that was emptied while it was written, is not to be kept, nor moved at each chunk. */
  #limitRest(): void {
    if (this.#rest.length <= 4 * maxEntryBytes) return;
    this.#isSpoilt = true;
    this.#rest = this.#rest.subarray(-maxEntryBytes);
  }

  #toFrames(lines: string): readonly TimedFrame[] {
    const frames: TimedFrame[] = [];
    for (let at = 0; at < lines.length; ) {
      const end = lines.indexOf("\n", at);
      const line = lines.slice(at, end);
      const frame = parseEntry(line, this.#times) ?? this.#parseSpoilt(line);
      if (frame !== undefined) frames.push(this.#note(frame));
      at = end + 1;
    }
    return frames;
  }

  /** The entry, if there is one, that was written behind what is left of another. */
  #parseSpoilt(line: string): TimedFrame | undefined {
    this.#isSpoilt = true;
    return parseEntry(line.slice(Math.max(0, line.lastIndexOf(entryStart))), this.#times);
  }

  #note(frame: TimedFrame): TimedFrame {
    if (this.#isSpoilt) this.#onSpoilt({ fromNs: this.#lastNs, toNs: frame.timeNs });
    this.#isSpoilt = false;
    this.#lastNs = frame.timeNs;
    return frame;
  }
}

function toText(rest: Uint8Array, chunk: Uint8Array): string {
  const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
}

function parseEntry(line: string, times: TimestampReader): TimedFrame | undefined {
  try {
    const { log = "", stream, time } = JSON.parse(line) as Entry;
    const timeNs = times.readText(time);
    if (timeNs === undefined) return undefined;
    return { stream: stream === "stderr" ? "stderr" : "stdout", data: Buffer.from(log), timeNs };
  } catch {
    return undefined;
  }
}

/** What an entry of that time has in its line, to look for. */
export function toEntryMark(timeNs: bigint): string {
  return `"time":"${formatTimestamp(timeNs)}"`;
}
