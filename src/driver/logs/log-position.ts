import type { LogGap, LogPlace } from "../../engine/index.ts";
import type { LogPosition } from "../../task/index.ts";

const nanosPerMs = 1_000_000n;

/** Where to go on from what a host kept; a position that says nothing readable is the output's beginning. */
export function toPlace(position: LogPosition | undefined): LogPlace | undefined {
  if (position === undefined || !/^\d+$/.test(position.timeNs) || !(position.frames >= 1)) return undefined;
  return { timeNs: BigInt(position.timeNs), frames: position.frames };
}

/** A place as a host may keep it. */
export function toPosition(place: LogPlace | undefined): LogPosition | undefined {
  return place && { timeNs: place.timeNs.toString(), frames: place.frames };
}

/** A sentence for people about output that nobody can read any more. */
export function toGapNote({ fromNs, toNs, isSpoilt }: LogGap): string {
  const until = toNs === undefined ? "" : ` and before ${toTime(toNs)}`;
  if (isSpoilt) return `Output${afterTime(fromNs)}${until} is lost: the engine's log is damaged there`;
  const size = "give the task's logging a larger max-size or max-file to keep more of it";
  return `Output${afterTime(fromNs)}${until} is lost: the engine's log had no room for it while it was not read; ${size}`;
}

/** ` after` and the time, for a sentence; empty where none is known. */
export function afterTime(timeNs: bigint | undefined): string {
  return timeNs === undefined ? "" : ` after ${toTime(timeNs)}`;
}

function toTime(timeNs: bigint): string {
  return new Date(Number(timeNs / nanosPerMs)).toISOString();
}
