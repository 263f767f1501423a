import type { LogChunk, LogPosition, LogSink } from "../../task/index.ts";
import type { LogTails } from "../migration/log-tails.ts";
import type { Noted } from "./position-note.ts";

interface Held {
  readonly chunk: LogChunk;
  readonly position: LogPosition | undefined;
}

/**
 * Goes on behind what an earlier process has handed to the agent's log collector. The piece that was on its way when
 * that process ended, of one chunk or several of a stream, is in the collector's files, or it is not: their ends tell.
 */
export function createNotedSink(sink: LogSink, noted: Noted, tails: LogTails): LogSink {
  const doubtful = noted.partialBytes + noted.pendingBytes;
  const held: Held[] = [];
  let isSettled = false;
  const settle = async () => {
    isSettled = true;
    await writeNew(sink, held, noted, tails);
  };
  return {
    write(chunk, position) {
      if (isSettled) return sink.write(chunk, position);
      held.push({ chunk, position });
      const bytes = held.reduce((sum, each) => sum + each.chunk.data.byteLength, 0);
      return bytes < doubtful ? undefined : settle();
    },
    async end() {
      if (!isSettled) await settle();
      await sink.end();
    },
  };
}

async function writeNew(sink: LogSink, held: readonly Held[], noted: Noted, tails: LogTails): Promise<void> {
  const { partialBytes, pendingBytes } = noted;
  const end = partialBytes + pendingBytes;
  const whole = Buffer.concat(held.map(({ chunk }) => chunk.data));
  const stream = held[0]?.chunk.stream ?? "stdout";
  const tail = tails[stream]?.data ?? new Uint8Array();
  let known = endsWith(tail, whole.subarray(partialBytes, end)) ? end : partialBytes;
  for (const { chunk, position } of held) {
    const cut = Math.min(known, chunk.data.byteLength);
    known -= cut;
    // Amid what the files hold: a process after this one would take it for the place of their end.
    if (known > 0) continue;
    await sink.write({ ...chunk, data: chunk.data.subarray(cut) }, position);
  }
}

function endsWith(whole: Uint8Array, end: Uint8Array): boolean {
  const at = whole.byteLength - end.byteLength;
  return at >= 0 && Buffer.compare(whole.subarray(at), end) === 0;
}
