import type { Finding, Spread } from "./compare.ts";

/** A finding and the question that it answers. */
export interface Answer extends Finding {
  readonly title: string;
  readonly holds: boolean;
}

/** Two lines for people: the figure with its quartiles and its limit, and both sides where there are two. */
export function toLines(answer: Answer): string {
  const { title, unit, value, limit, holds, sides, samples } = answer;
  const verdict = holds ? "ok  " : "OVER";
  const figure = unit === "times" ? `${toText(value)} times` : `${toText(value)} ${unit}`;
  const lines = [`${verdict} ${title}`, `     ${figure}, at most ${limit}; ${samples} samples`];
  if (sides !== undefined)
    lines.push(`     ours ${toText(sides.ours)} ms, theirs ${toText(sides.theirs)} ms`);
  return `${lines.join("\n")}\n`;
}

/** `1.04 (1.02 to 1.07)`: the median, and the quartiles. */
function toText({ median, lowerQuartile, upperQuartile }: Spread): string {
  const round = (value: number) => value.toFixed(Math.abs(median) < 10 ? 2 : 0);
  if (lowerQuartile === upperQuartile) return round(median);
  return `${round(median)} (${round(lowerQuartile)} to ${round(upperQuartile)})`;
}
