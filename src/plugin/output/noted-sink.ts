import type { LogSink } from "../../task/index.ts";
import type { LogTails } from "../migration/log-tails.ts";
import type { Noted } from "./position-note.ts";

/**
 * Goes on behind what an earlier process has handed to the agent's log collector. The piece that was on its way when
 * that process ended is in the collector's files, or it is not: their ends tell.
 */
export function createNotedSink(sink: LogSink, noted: Noted, tails: LogTails): LogSink {
  const { partialBytes, pendingBytes } = noted;
  const end = partialBytes + pendingBytes;
  let isFirst = true;
  return {
    write(chunk, position) {
      if (!isFirst) return sink.write(chunk, position);
      isFirst = false;
      const { data, stream } = chunk;
      const pending = data.subarray(partialBytes, end);
      const tail = tails[stream]?.data ?? new Uint8Array();
      const known = endsWith(tail, pending) ? end : partialBytes;
      return sink.write({ ...chunk, data: data.subarray(known) }, position);
    },
    end: () => sink.end(),
  };
}

function endsWith(whole: Uint8Array, end: Uint8Array): boolean {
  const at = whole.byteLength - end.byteLength;
  return at >= 0 && Buffer.compare(whole.subarray(at), end) === 0;
}
