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
  readonly #runs: Run[] = [];

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
    const [first, ...others] = this.#runs.slice(-disorder);
    let earliest = first?.timeNs ?? 0n;
    for (const { timeNs } of others) if (timeNs < earliest) earliest = timeNs;
    return earliest;
  }
}
