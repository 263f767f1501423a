/** A quantity measured several times: its middle, and the quarter of the readings below and above. */
export interface Spread {
  readonly median: number;
  readonly lowerQuartile: number;
  readonly upperQuartile: number;
}

/** What one case of the benchmark found. */
export interface Finding {
  readonly name: string;
  /** What `value` is, for example `times the bare calls`. */
  readonly unit: string;
  readonly value: Spread;
  /** The value must not be above it, or below it where `atLeast` is set. */
  readonly limit: number;
  readonly atLeast?: boolean;
  readonly samples: number;
  /** Longshore's side and the other, in `sideUnit`, where two were compared. */
  readonly sides?: { readonly ours: Spread; readonly theirs: Spread };
  /** `ms` when missing. */
  readonly sideUnit?: string;
}

export interface Comparison {
  /** One measured run of a side: its time in milliseconds. */
  readonly ours: () => Promise<number>;
  readonly theirs: () => Promise<number>;
  readonly rounds: number;
}

/**
 * Measures both sides in turn, first one and then the other first, and answers the spread of the ratios of each
 * round. What slows the machine down for a while slows both.
 */
export async function compare(comparison: Comparison): Promise<Pick<Finding, "value" | "sides" | "samples">> {
  const { ours, theirs, rounds } = comparison;
  await ours();
  await theirs();
  const times: { readonly ours: number; readonly theirs: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    if (round % 2 === 0) {
      const first = await ours();
      times.push({ ours: first, theirs: await theirs() });
    } else {
      const first = await theirs();
      times.push({ theirs: first, ours: await ours() });
    }
  }
  return {
    value: toSpread(times.map((time) => time.ours / time.theirs)),
    sides: {
      ours: toSpread(times.map((time) => time.ours)),
      theirs: toSpread(times.map((time) => time.theirs)),
    },
    samples: rounds,
  };
}

/** Milliseconds that a piece of work takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

/** Throws on no readings. */
export function toSpread(readings: readonly number[]): Spread {
  const sorted = [...readings].sort((a, b) => a - b);
  const at = (share: number) => {
    const position = share * (sorted.length - 1);
    const below = sorted[Math.floor(position)];
    const above = sorted[Math.ceil(position)];
    if (below === undefined || above === undefined) throw new Error("no readings");
    return below + (above - below) * (position - Math.floor(position));
  };
  return { median: at(0.5), lowerQuartile: at(0.25), upperQuartile: at(0.75) };
}
