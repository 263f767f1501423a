import { stripVTControlCharacters } from "node:util";
import { eastAsianWidth } from "get-east-asian-width";

/**
 * Columns that text takes on a terminal, colours not counted. Most text is ASCII and costs nothing; the tables and
 * patterns for the rest are made when they are needed first, as they would add 30 ms to every start.
 */
export function textWidth(text: string): number {
  if (isPlain(text)) return text.length;
  const visible = stripVTControlCharacters(text);
  if (isPlain(visible)) return visible.length;
  let width = 0;
  for (const { segment } of new Intl.Segmenter().segment(visible)) width += clusterWidth(segment);
  return width;
}

function isPlain(text: string): boolean {
  return /^[ -~]*$/.test(text);
}

/** What is read as one character is as wide as the first part of it that is seen. */
function clusterWidth(cluster: string): number {
  const base = cluster.replace(
    /^[\p{Control}\p{Format}\p{Mark}\p{Surrogate}\p{Default_Ignorable_Code_Point}]+/u,
    "",
  );
  const codePoint = base.codePointAt(0);
  if (codePoint === undefined) return 0;
  // A selector for emoji, a keycap or a flag, which has two letters.
  if (/\u{fe0f}|\u{20e3}|^\p{Regional_Indicator}{2}/u.test(base)) return 2;
  return eastAsianWidth(codePoint);
}
