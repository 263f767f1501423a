import { pad, textWidth, truncateMiddle } from "./text.ts";

export interface TableColumn {
  readonly title: string;
  readonly align?: "left" | "right";
  /** May be cut with `…` when the table is too wide. */
  readonly shrinks?: boolean;
}

/** What a cell shows: its text, and how to colour it once it has its width. */
export interface TableCell {
  readonly text: string;
  readonly paint?: (text: string) => string;
}

export interface TableOptions {
  /** Width of the terminal. */
  readonly columns: number;
  readonly paintTitle?: (text: string) => string;
}

/** Lines of a table that fits the terminal: columns that shrink give way, then the gaps, then the line is cut. */
export function toTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly TableCell[])[],
  options: TableOptions,
): readonly string[] {
  const widths = columns.map((column, index) =>
    Math.max(textWidth(column.title), ...rows.map((row) => textWidth(row[index]?.text ?? ""))),
  );
  const sum = (): number => widths.reduce((total, width) => total + width, 0);
  const gap = sum() + 2 * (columns.length - 1) > options.columns ? 1 : 2;
  let excess = sum() + gap * (columns.length - 1) - options.columns;
  columns.forEach((column, index) => {
    if (excess <= 0 || column.shrinks !== true) return;
    const width = widths[index] ?? 0;
    const narrowed = Math.max(Math.min(width, 6), width - excess);
    widths[index] = narrowed;
    excess -= width - narrowed;
  });
  const paintTitle = options.paintTitle ?? ((text: string) => text);
  const titles = columns.map((column) => ({ text: column.title, paint: paintTitle }));
  return [titles, ...rows].map((cells) => toLine(cells, columns, widths, gap));
}

function toLine(
  cells: readonly TableCell[],
  columns: readonly TableColumn[],
  widths: readonly number[],
  gap: number,
): string {
  const parts = columns.map((column, index) => {
    const cell = cells[index] ?? { text: "" };
    const width = widths[index] ?? 0;
    const text = truncateMiddle(cell.text, width);
    const last = index === columns.length - 1 && column.align !== "right";
    const padded = last ? text : pad(text, width, column.align);
    return cell.paint === undefined ? padded : padded.replace(text, () => (cell.paint ?? String)(text));
  });
  return parts.join(" ".repeat(gap));
}
