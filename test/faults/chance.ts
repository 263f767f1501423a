/** `npm run test:faults` asks for all of it; `npm test` runs a short form. */
export const isFull = process.env.LONGSHORE_FAULTS === "full";

/** The same seed makes the same choices; LONGSHORE_SEED sets it. Titles show it. */
export const seed = Number(process.env.LONGSHORE_SEED ?? Date.now() % 1_000_000);

/** Choices that a seed decides. */
export interface Chance {
  /** A whole number from `low` up to and with `high`. */
  between(low: number, high: number): number;
  /** True that often: 0 never, 1 always. */
  happens(share: number): boolean;
}

/** Mulberry32, by Tommy Ettinger: small, and the same everywhere. */
export function createChance(of = seed): Chance {
  let state = of >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    between: (low, high) => low + Math.floor(next() * (high - low + 1)),
    happens: (share) => next() < share,
  };
}
