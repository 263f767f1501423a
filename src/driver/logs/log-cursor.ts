import type { LogPosition } from "../../task/index.ts";

/** Neighbouring frames of one instant. */
interface Run {
  readonly timeNs: bigint;
  count: number;
}

/** How many runs back a frame of an earlier instant may still come: stdout and stderr are timed apart. */
const disorder = 4;
const keptRuns = 16;

/** Keeps count of the frames of an output that were taken, so that a later reading can go on after them. */
export class LogCursor {
  readonly #startNs: bigint;
  readonly #runs: Run[] = [];

  /** `startNs` is where the reading begins, 0 for the output's beginning. */
  constructor(startNs: bigint) {
    this.#startNs = startNs;
  }

  /** Notes a frame as taken and answers where to go on after it. */
  take(timeNs: bigint): LogPosition {
    const last = this.#runs.at(-1);
    if (last?.timeNs === timeNs) last.count++;
    else this.#runs.push({ timeNs, count: 1 });
    if (this.#runs.length > keptRuns) this.#runs.shift();
    const sinceNs = this.#earliest();
    let frames = 0;
    for (const run of this.#runs) if (run.timeNs >= sinceNs) frames += run.count;
    return { timeNs: sinceNs.toString(), frames };
  }

  #earliest(): bigint {
    const times = this.#runs.slice(-disorder).map(({ timeNs }) => timeNs);
    // So near the beginning a frame of an earlier instant than all others may still come.
    if (times.length < disorder) return this.#startNs;
    times.sort((one, other) => (one < other ? -1 : 1));
    return times[0] ?? this.#startNs;
  }
}
