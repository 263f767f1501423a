import { LongshoreError } from "../task/index.ts";

/** Reserves whole cores for tasks, each for one at a time. */
export interface CoreAllocator {
  /** The lowest cores that are free. Throws `conflict` when there are not enough. */
  take(count: number, owner: string): readonly number[];
  adopt(cores: readonly number[]): void;
  release(cores: readonly number[]): void;
}

export function createCoreAllocator(total: number): CoreAllocator {
  const taken = new Set<number>();
  return {
    take(count, owner) {
      const free = Array.from({ length: total }, (_, core) => core).filter((core) => !taken.has(core));
      if (free.length < count)
        throw new LongshoreError(
          "conflict",
          `${owner} asks for ${count} cores of its own; ${free.length} of this machine's ${total} are free`,
          { hint: "Lower `cores`, or use `cpu` (MHz) in its place.", retryable: false },
        );
      const chosen = free.slice(0, count);
      for (const core of chosen) taken.add(core);
      return chosen;
    },
    adopt: (cores) => cores.forEach((core) => void taken.add(core)),
    release: (cores) => cores.forEach((core) => void taken.delete(core)),
  };
}

/** A Linux cpuset list: `0-2,5`; empty for none. */
export function toCpuset(cores: readonly number[]): string {
  const sorted = [...cores].sort((a, b) => a - b);
  const ranges: [number, number][] = [];
  for (const core of sorted) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === core - 1) last[1] = core;
    else ranges.push([core, core]);
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(",");
}
