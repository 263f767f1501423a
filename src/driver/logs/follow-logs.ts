import type { Engine, LogFrame, LogGap } from "../../engine/index.ts";
import { type CallOptions, isLongshoreError, type LogChunk, type LogPosition } from "../../task/index.ts";
import { pause } from "../waiting.ts";
import { toGapNote, toPlace, toPosition } from "./log-position.ts";

export interface FollowOptions {
  readonly engine: Engine;
  readonly containerId: string;
  readonly tty: boolean;
  /** Where to go on; from the beginning when undefined. */
  readonly position: LogPosition | undefined;
  /** Whether more output may come although the stream has ended. */
  readonly mayGoOn: () => Promise<boolean>;
  /** Resolves when the engine can be reached again; rejects only when the signal aborts. */
  readonly engineBack: (options: CallOptions) => Promise<void>;
  /** Told of output that is lost. */
  readonly onNote: (message: string) => void;
  readonly signal: AbortSignal;
}

/** A piece of output, and where to go on after it. */
export interface LogPiece {
  readonly chunk: LogChunk;
  readonly position: LogPosition | undefined;
}

const retryMs = 100;
/** An engine that answers, but not well, is asked so often before its word is taken. */
const mostFailures = 20;

/**
 * A container's output to its end, as many pieces at once as have come, each once also when the engine goes away in between. Ends early when the signal
 * aborts; rejects when the output cannot be read.
 */
export async function* followLogs(options: FollowOptions): AsyncGenerator<readonly LogPiece[]> {
  const { engine, containerId, tty, signal } = options;
  const onGap = (gap: LogGap) => options.onNote(toGapNote(gap));
  let from = toPlace(options.position);
  let failures = 0;
  for (;;) {
    try {
      for await (const frames of engine.containerLogs(containerId, { tty, from, onGap, signal })) {
        // Frames that had come before the end of reading was asked for are for the next reader.
        if (signal.aborted) return;
        yield frames.map(toPiece);
        from = frames.at(-1)?.place;
        failures = 0;
      }
      if (signal.aborted || !(await options.mayGoOn())) return;
    } catch (error) {
      if (signal.aborted || isLongshoreError(error, "not-found")) return;
      failures++;
      if (!mayPass(error, failures)) throw error;
      await options.engineBack({ signal }).catch(() => undefined);
    }
    await pause(retryMs, signal).catch(() => undefined);
    if (signal.aborted) return;
  }
}

function toPiece({ stream, data, timeNs, place }: LogFrame): LogPiece {
  return { chunk: { stream, data, timeNs }, position: toPosition(place) };
}

function mayPass(error: unknown, failures: number): boolean {
  if (isLongshoreError(error, "unavailable") || isLongshoreError(error, "timeout")) return true;
  return isLongshoreError(error) && error.retryable && failures < mostFailures;
}
