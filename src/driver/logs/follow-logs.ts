import type { Engine, LogFrame, LogGap, LogPlace } from "../../engine/index.ts";
import {
  type CallOptions,
  isLongshoreError,
  type LogChunk,
  type LogPosition,
  LongshoreError,
  pause,
} from "../../task/index.ts";
import { EngineSilence } from "./engine-silence.ts";
import { afterTime, toGapNote, toPlace, toPosition } from "./log-position.ts";

export interface FollowOptions {
  readonly engine: Engine;
  readonly containerId: string;
  readonly tty: boolean;
  /** The engine's log of the container, should that be on this machine. */
  readonly logFile: string | undefined;
  /** Where to go on; from the beginning when undefined. */
  readonly position: LogPosition | undefined;
  /** Whether more output may come although the stream has ended. */
  readonly mayGoOn: () => Promise<boolean>;
  /** Resolves when the engine can be reached again; rejects only when the signal aborts. */
  readonly engineBack: (options: CallOptions) => Promise<void>;
  /** Aborts when the container has ended. */
  readonly ended: AbortSignal;
  /** How long an engine that can be reached may keep the output of an ended container to itself, milliseconds. */
  readonly engineSilentMs: number;
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

/**
 * A container's output to its end, as many pieces at once as have come, each once also when the engine goes away in
 * between. Ends early when the signal aborts; rejects when the output cannot be read, with `not-found` when its
 * container is removed meanwhile, and with `timeout` when the engine keeps the rest of it to itself for too long after
 * the container's end.
 */
export async function* followLogs(options: FollowOptions): AsyncGenerator<readonly LogPiece[]> {
  const { engine, containerId, tty, logFile, signal, ended, engineSilentMs } = options;
  const onGap = (gap: LogGap) => options.onNote(toGapNote(gap));
  const silence = new EngineSilence({ limitMs: engineSilentMs, ended });
  // An end that no event tells of is found out by this.
  const onStopped = () => void options.mayGoOn();
  const file = logFile === undefined ? undefined : { path: logFile, ended, onStopped };
  let from = toPlace(options.position);
  while (!signal.aborted) {
    using answer = silence.ask(signal);
    const { onProgress } = answer;
    // Someone may have started an ended container again: its new output is not the task's.
    const asked = { tty, from, file, follow: !ended.aborted, onGap, onProgress, signal: answer.signal };
    try {
      for await (const frames of engine.containerLogs(containerId, asked)) {
        // Frames that had come before the end of reading was asked for are for the next reader.
        if (signal.aborted) return;
        answer.pause();
        yield frames.map(toPiece);
        answer.goOn();
        from = frames.at(-1)?.place;
      }
      answer.pause();
      if (signal.aborted || !(await options.mayGoOn())) return;
    } catch (error) {
      if (signal.aborted) return;
      if (isLongshoreError(error, "not-found")) throw toRemovedError(from, error);
      if (!answer.hasStalled && !mayPass(error)) throw error;
      silence.onBreak(answer);
      if (silence.isOver && (ended.aborted || !isAway(error))) throw toSilenceError(from, options, error);
      await silence.exclude(options.engineBack({ signal }).catch(() => undefined));
    }
    await pause(retryMs, signal).catch(() => undefined);
  }
}

function toPiece({ stream, data, timeNs, place }: LogFrame): LogPiece {
  return { chunk: { stream, data, timeNs }, position: toPosition(place) };
}

/** A socket that an engine has just made may not be open to its users yet. */
function mayPass(error: unknown): boolean {
  return isLongshoreError(error) && (error.retryable || error.kind === "unauthorized");
}

function isAway(error: unknown): boolean {
  return isLongshoreError(error, "unavailable") || isLongshoreError(error, "timeout");
}

function toRemovedError(from: LogPlace | undefined, cause: LongshoreError): LongshoreError {
  const message = `its container was removed, what came${afterTime(from?.timeNs)} may be lost`;
  return new LongshoreError("not-found", message, { cause });
}

function toSilenceError(
  from: LogPlace | undefined,
  { engineSilentMs }: FollowOptions,
  cause: unknown,
): LongshoreError {
  const seconds = engineSilentMs / 1000;
  const message = `the engine has handed over nothing${afterTime(from?.timeNs)} for ${seconds} s, what came then may be lost`;
  return new LongshoreError("timeout", message, { cause });
}
