/**
 * How far an output was read, in the order of the engine's log: up to a frame, named by its time, and `frames`
 * frames from that one on. Nothing is asked of the clock but that it does not tell one time twice.
 */
export interface LogPlace {
  /** Nanoseconds since the epoch: the time of a frame that was newer than all before it. */
  readonly timeNs: bigint;
  /** With the named one, so at least 1. */
  readonly frames: number;
}

/** Two streams are timed apart from each other, so a frame may be a little older than one before it. */
const apartNs = 1_000_000_000n;

/** The place after one more frame. Undefined while no frame had a time. */
export function nextPlace(place: LogPlace | undefined, timeNs: bigint | undefined): LogPlace | undefined {
  if (timeNs === undefined) return place && { timeNs: place.timeNs, frames: place.frames + 1 };
  const isNewer = place === undefined || timeNs > place.timeNs;
  // Much older: the clock was set back, and what comes is newer than all since then.
  if (isNewer || place.timeNs - timeNs > apartNs) return { timeNs, frames: 1 };
  return { timeNs: place.timeNs, frames: place.frames + 1 };
}

/** Tells the frames before a place from those after it; to be asked of each frame of a reading, in order. */
export class KnownFrames {
  readonly #timeNs: bigint | undefined;
  #left: number;
  #found: boolean;

  /** Without a place all frames are new. */
  constructor(place: LogPlace | undefined) {
    this.#timeNs = place?.timeNs;
    this.#left = place?.frames ?? 0;
    this.#found = place === undefined;
  }

  /** Whether the place's frame has come. */
  get found(): boolean {
    return this.#found;
  }

  has(timeNs: bigint | undefined): boolean {
    this.#found ||= timeNs === this.#timeNs;
    if (!this.#found) return true;
    if (this.#left === 0) return false;
    this.#left--;
    return true;
  }
}
