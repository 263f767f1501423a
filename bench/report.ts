import type { Finding, Spread } from "./compare.ts";

/** A finding and the question that it answers. */
export interface Answer extends Finding {
  readonly title: string;
  readonly holds: boolean;
}

/** A finding as the answer to a question. */
export function toAnswer(title: string, finding: Finding): Answer {
  const { value, limit, atLeast = false } = finding;
  return { title, ...finding, holds: atLeast ? value.median >= limit : value.median <= limit };
}

/** Two lines for people: the figure with its quartiles and its limit, and both sides where there are two. */
export function toLines(answer: Answer): string {
  const { title, unit, value, limit, atLeast = false, holds, sides, sideUnit = "ms", samples } = answer;
  const verdict = holds ? "met    " : "NOT met";
  const figure = unit === "times" ? `${toText(value)} times` : `${toText(value)} ${unit}`;
  const bound = `${atLeast ? "at least" : "at most"} ${limit}`;
  const lines = [`${verdict} ${title}`, `        ${figure}, ${bound}; ${samples} samples`];
  if (sides !== undefined)
    lines.push(`        ours ${toText(sides.ours)} ${sideUnit}, theirs ${toText(sides.theirs)} ${sideUnit}`);
  return `${lines.join("\n")}\n`;
}

/** `1.04 (1.02 to 1.07)`: the median, and the quartiles. */
function toText({ median, lowerQuartile, upperQuartile }: Spread): string {
  const round = (value: number) => value.toFixed(Math.abs(median) < 10 ? 2 : 0);
  if (lowerQuartile === upperQuartile) return round(median);
  return `${round(median)} (${round(lowerQuartile)} to ${round(upperQuartile)})`;
}
