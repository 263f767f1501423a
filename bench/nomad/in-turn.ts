import { type Finding, type Spread, toSpread } from "../compare.ts";
import type { Side } from "./ground.ts";

export interface TurnOptions {
  readonly sides: readonly Side[];
  readonly rounds: number;
  /** Rounds that are not counted. */
  readonly warmUps?: number;
  measure(side: Side): Promise<number>;
  /** Told how far it is. */
  tell(progress: string): void;
}

export type Readings = ReadonlyMap<Side, readonly number[]>;

/** Measures the sides in turn, another one first in each round: what slows the machine for a while slows all. */
export async function measureInTurn(options: TurnOptions): Promise<Readings> {
  const { sides, rounds, warmUps = 0, measure, tell } = options;
  const readings = new Map<Side, number[]>(sides.map((side) => [side, []]));
  for (let round = -warmUps; round < rounds; round++) {
    const first = (round + warmUps) % sides.length;
    const found: string[] = [];
    for (const side of [...sides.slice(first), ...sides.slice(0, first)]) {
      const value = await measure(side);
      found.push(`${side} ${value.toFixed(1)}`);
      if (round >= 0) readings.get(side)?.push(value);
    }
    tell(round < 0 ? `warm-up: ${found.join(", ")}` : `${round + 1} of ${rounds}: ${found.join(", ")}`);
  }
  return readings;
}

/** The spread of one side's readings to the built-in driver's of the same round. */
export function toRatio(
  readings: Readings,
  side: Side,
): Pick<Finding, "unit" | "value" | "samples"> & { readonly sides: { ours: Spread; theirs: Spread } } {
  const ours = readings.get(side) ?? [];
  const theirs = readings.get("built-in") ?? [];
  return {
    unit: "times",
    value: toSpread(ours.map((value, round) => value / (theirs[round] ?? Number.NaN))),
    samples: ours.length,
    sides: { ours: toSpread(ours), theirs: toSpread(theirs) },
  };
}
