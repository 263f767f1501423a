import { setTimeout as pause } from "node:timers/promises";
import type { LogFileOptions, LogFrame, LogOptions } from "./engine.ts";
import type { TimedFrame } from "./frames.ts";
import { JsonLogReader } from "./json-log.ts";
import { LogChain } from "./log-chain.ts";
import { LogWatch } from "./log-watch.ts";

/** One that writes without a pause is read after such pauses, and not once for each of its writes. */
const gatherMs = 5;

export interface LogFilesOptions extends Pick<LogOptions, "onGap" | "onProgress" | "signal"> {
  readonly file: LogFileOptions;
  /** The time of the frame to begin with; from the files' beginning when missing. */
  readonly fromNs: bigint | undefined;
  /** Those of some frames that are new, with their places. */
  readonly take: (frames: readonly TimedFrame[]) => readonly LogFrame[];
}

/** `lost`: what is asked for, or comes next, is not in the files, or only the engine can read it. */
export type LogFilesEnd = "ended" | "lost";

/**
 * Reads a container's output from the log files of the engine's json-file driver until it has ended, as they grow.
 * Costs the engine nothing, and nothing is missed when it begins new files quickly or goes away. Rejects when the files
 * are not there, or may not be read or watched.
 */
export async function* readLogFiles(
  options: LogFilesOptions,
): AsyncGenerator<readonly LogFrame[], LogFilesEnd> {
  const { signal, fromNs, take } = options;
  const { path, ended, onStopped } = options.file;
  await using chain = await LogChain.open(path, fromNs);
  if (chain === undefined) return "lost";
  using watch = new LogWatch(path, { ended, signal, onStopped, onMoved: () => void chain.takeUp() });
  // Another file may have been begun before they were watched.
  void chain.takeUp();
  const reader = new JsonLogReader((gap) => options.onGap?.({ ...gap, isSpoilt: true }));
  for (;;) {
    const isLast = ended.aborted;
    let isQuiet = true;
    for (;;) {
      const bytes = await chain.read();
      signal?.throwIfAborted();
      if (bytes === undefined) return "lost";
      if (bytes.length === 0) break;
      isQuiet = false;
      options.onProgress?.();
      const frames = take(reader.read(bytes));
      if (frames.length > 0) yield frames;
    }
    if (isLast) {
      reader.end();
      return "ended";
    }
    if (isQuiet) await watch.next();
    else await pause(gatherMs);
  }
}
