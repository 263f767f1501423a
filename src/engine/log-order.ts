import type { Frame, TimedFrame } from "./frames.ts";

/**
 * Tells when a followed log goes back in time. Engines (seen on 20.10) that begin a new log file may send the frames that
 * are in it already once more.
 */
export class FollowedOrder {
  readonly #last: Partial<Record<Frame["stream"], TimedFrame>> = {};

  /** Takes note of a frame that is known to be in its place. */
  note(frame: TimedFrame): void {
    this.#last[frame.stream] = frame;
  }

  /** Whether the frame may have come before: the clock may also have been set back, or a long line have like parts. */
  goesBack({ stream, data, timeNs }: TimedFrame): boolean {
    const last = this.#last[stream];
    if (last?.timeNs === undefined || timeNs === undefined || timeNs > last.timeNs) return false;
    return timeNs < last.timeNs || Buffer.compare(data, last.data) === 0;
  }
}
