/** Where to go on in an output: after the first `frames` frames that are not older than `sinceNs`. */
export interface LogPlace {
  /** Nanoseconds since the epoch; undefined for the output's beginning. */
  readonly sinceNs: bigint | undefined;
  readonly frames: number;
}

/** A frame that was newer than all before it, and how many of its time or later have come from it on. */
interface Mark {
  readonly timeNs: bigint;
  frames: number;
}

/** A mark is gone on from when it is so much older than the newest frame, or so many frames have followed it. */
const settledNs = 1_000_000_000n;
const settledFrames = 1024;
/** Marks are set so far apart, in time or in frames. */
const apartNs = settledNs / 4n;
const apartFrames = settledFrames / 4;
const beforeAllNs = -1n;

/**
 * How many frames of a reading that goes on from `place` were taken before, by the time of its first one: none when
 * the log has lost the moment that they were counted from.
 */
export function countKnown({ sinceNs, frames }: LogPlace, firstNs: bigint | undefined): number {
  return sinceNs === undefined || firstNs === undefined || firstNs === sinceNs ? frames : 0;
}

/**
 * Keeps count of the frames of an output that were taken, so that a later reading can go on after them. The engine
 * writes two streams that are timed apart from each other: a frame may come after newer ones. So a reading goes on
 * from a moment ago. That moment is the time of a frame that was newer than all before it: it is the first that the
 * engine sends then, and where another one comes first the engine's log has lost it.
 */
export class LogCursor {
  readonly #startNs: bigint | undefined;
  #marks: Mark[] = [];
  #newestNs = beforeAllNs;

  /** `startNs` is where the reading begins, undefined for the output's beginning. */
  constructor(startNs: bigint | undefined) {
    this.#startNs = startNs;
    if (startNs === undefined) this.#restart(beforeAllNs);
  }

  /** Notes a frame as taken. One without a time counts as newest. */
  take(timeNs: bigint | undefined): void {
    const time = timeNs ?? this.#newestNs;
    const [first] = this.#marks;
    // After the clock was set back, to go on from before it shows some output twice, and loses none.
    if (first === undefined || time < first.timeNs) this.#restart(time);
    else if (time > this.#newestNs) this.#advance(time);
    for (const mark of this.#marks) if (time >= mark.timeNs) mark.frames++;
    while (this.#isSettled(this.#marks[1])) this.#marks.shift();
  }

  position(): LogPlace {
    const [first] = this.#marks;
    if (first === undefined) return { sinceNs: this.#startNs, frames: 0 };
    return { sinceNs: first.timeNs === beforeAllNs ? undefined : first.timeNs, frames: first.frames };
  }

  #restart(time: bigint): void {
    this.#newestNs = time;
    this.#marks = [{ timeNs: time, frames: 0 }];
  }

  #advance(time: bigint): void {
    this.#newestNs = time;
    const last = this.#marks.at(-1);
    if (last !== undefined && time - last.timeNs < apartNs && last.frames < apartFrames) return;
    this.#marks.push({ timeNs: time, frames: 0 });
  }

  #isSettled(mark: Mark | undefined): boolean {
    return mark !== undefined && (this.#newestNs - mark.timeNs >= settledNs || mark.frames >= settledFrames);
  }
}
