import type { Diagnostic, SourceRange } from "./job.ts";
import { textWidth } from "./text-width.ts";

const tabWidth = 4;
/** Columns of source that are shown of a longer line. */
const maxShown = 100;
/** How much of the line stands before the fault then. */
const maxBefore = 40;

/**
 * A fault as lines of plain text: where and what, the source line with a mark below, and the detail. Tabs and wide
 * characters keep their alignment; long lines are cut around the mark.
 */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { file, range, summary, detail, sourceLine } = diagnostic;
  const kind = diagnostic.severity === "warning" ? "warning: " : "";
  const where = range === undefined ? file : `${range.file}:${range.line}:${range.column}`;
  const lines = [`${where === undefined ? "" : `${where}: `}${kind}${summary}`];
  if (range !== undefined && sourceLine !== undefined) lines.push(...formatSource(range, sourceLine));
  if (detail !== "") lines.push(...detail.split("\n").map((line) => `  ${line}`.trimEnd()));
  return lines.join("\n");
}

function formatSource(range: SourceRange, sourceLine: string): readonly string[] {
  const characters = [...sourceLine];
  const start = Math.min(range.column - 1, characters.length);
  const end =
    range.endLine > range.line ? characters.length : Math.min(range.endColumn - 1, characters.length);
  const from = characters.length > maxShown ? Math.max(0, start - maxBefore) : 0;
  const to = Math.min(characters.length, from + maxShown);
  const left = from > 0 ? "..." : "";
  const right = to < characters.length ? "..." : "";
  const before = left + printable(characters.slice(from, start));
  const marked = printable(characters.slice(start, Math.min(end, to)));
  const after = printable(characters.slice(Math.max(start, Math.min(end, to)), to)) + right;
  const gutter = String(range.line);
  const blank = " ".repeat(gutter.length);
  return [
    `  ${gutter} | ${before}${marked}${after}`.trimEnd(),
    `  ${blank} | ${" ".repeat(textWidth(before))}${"^".repeat(Math.max(1, textWidth(marked.trimEnd())))}`,
  ];
}

/** Tabs as blanks; what would move the cursor or change colours as a visible sign. */
function printable(characters: readonly string[]): string {
  return characters
    .map((character) => {
      if (character === "\t") return " ".repeat(tabWidth);
      return /\p{Cc}|\p{Cf}|\p{Cs}/u.test(character) ? "\u{fffd}" : character;
    })
    .join("");
}
