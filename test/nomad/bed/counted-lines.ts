/** A script that writes numbered lines to both streams until it is asked to end: `line 1`, `err 1` and so on. */
export const countScript =
  "trap 'exit 0' TERM; n=0; while :; do n=$((n+1)); echo line $n; echo err $n >&2; sleep 0.02; done";

/** What is wrong with numbered lines, up to the last whole one. */
export interface LineFaults {
  /** Numbers as ranges: `7-9`. */
  readonly missing: readonly string[];
  readonly doubled: readonly string[];
  /** Lines that are none of those which were written. */
  readonly torn: readonly string[];
  readonly unordered: number;
}

export const noFaults: LineFaults = { missing: [], doubled: [], torn: [], unordered: 0 };

/** Looks through a stream of {@link countScript}, of which lines below `from` may be missing. */
export function findLineFaults(text: string, word: "line" | "err", from = 1): LineFaults {
  const lines = text.slice(0, text.lastIndexOf("\n")).split("\n");
  const matches = lines.map((line) => ({ line, match: new RegExp(`^${word} (\\d+)$`).exec(line) }));
  const numbers = matches.flatMap(({ match }) => (match === null ? [] : [Number(match[1])]));
  const last = Math.max(0, ...numbers);
  const seen = new Set(numbers);
  const all = Array.from({ length: last - from + 1 }, (_, index) => index + from);
  return {
    missing: toRanges(all.filter((number) => !seen.has(number))),
    doubled: toRanges(numbers.filter((number, index) => numbers.indexOf(number) !== index)),
    torn: matches.filter(({ match }) => match === null).map(({ line }) => line),
    unordered: numbers.filter((number, index) => number < (numbers[index - 1] ?? 0)).length,
  };
}

function toRanges(numbers: readonly number[]): readonly string[] {
  const ranges: { first: number; last: number }[] = [];
  for (const number of numbers) {
    const range = ranges.at(-1);
    if (range?.last === number - 1) range.last = number;
    else ranges.push({ first: number, last: number });
  }
  return ranges.map(({ first, last }) => `${first}-${last}`);
}
