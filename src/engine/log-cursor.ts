/** Times may go back a little, where the two output streams meet; further back than this they do not. */
const kept = 64;

/** Where a reader of timed frames is, so that a later reading from `sinceNs` can leave out what it has seen. */
export class LogCursor {
  readonly #startNs: bigint | undefined;
  readonly #recent: bigint[] = [];
  #next = 0;

  /** `startNs` is where the first reading begins; undefined for the beginning of the log. */
  constructor(startNs: bigint | undefined) {
    this.#startNs = startNs;
  }

  /** Notes a frame as seen. A frame without a time cannot be placed and counts with the one before it. */
  pass(timeNs: bigint | undefined): void {
    this.#recent[this.#next] = timeNs ?? this.#last() ?? 0n;
    this.#next = (this.#next + 1) % kept;
  }

  /** Read from here, and leave out the first `seen` frames. */
  position(): { readonly sinceNs: bigint | undefined; readonly seen: number } {
    const last = this.#last();
    if (last === undefined) return { sinceNs: this.#startNs, seen: 0 };
    return { sinceNs: last, seen: this.#recent.filter((timeNs) => timeNs >= last).length };
  }

  #last(): bigint | undefined {
    return this.#recent[(this.#next + kept - 1) % kept];
  }
}
