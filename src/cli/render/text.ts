import { textWidth } from "../../jobfile/index.ts";

export { textWidth };

/** Cuts plain text to so many columns; what is cut off shows as `…`. */
export function truncate(text: string, columns: number): string {
  if (columns <= 0) return "";
  if (textWidth(text) <= columns) return text;
  let kept = "";
  let width = 0;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    const next = width + textWidth(segment);
    if (next > columns - 1) break;
    kept += segment;
    width = next;
  }
  return `${kept}…`;
}

/** Cuts plain text to so many columns at its start, for names whose end tells most. */
export function truncateStart(text: string, columns: number): string {
  if (columns <= 0) return "";
  return textWidth(text) <= columns ? text : `…${tailOf(text, columns - 1)}`;
}

/** Cuts plain text to so many columns in its middle, so that `name[0]` and `name[1]` stay apart. */
export function truncateMiddle(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  const tail = tailOf(text, Math.floor((columns - 1) / 3));
  return truncate(text, columns - textWidth(tail)) + tail;
}

function tailOf(text: string, columns: number): string {
  const segments = [...new Intl.Segmenter().segment(text)].map(({ segment }) => segment);
  let width = 0;
  let start = segments.length;
  while (start > 0) {
    width += textWidth(segments[start - 1] ?? "");
    if (width > columns) break;
    start--;
  }
  return segments.slice(start).join("");
}

/** Text with blanks after it (or before it, when `align` is right) up to so many columns. */
export function pad(text: string, columns: number, align: "left" | "right" = "left"): string {
  const blanks = " ".repeat(Math.max(0, columns - textWidth(text)));
  return align === "left" ? text + blanks : blanks + text;
}

/** Breaks plain text at blanks into lines of at most so many columns; a longer word stands alone. */
export function wrap(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  for (const paragraph of text.split("\n")) {
    let line = "";
    for (const word of paragraph.split(" ")) {
      const candidate = line === "" ? word : `${line} ${word}`;
      if (line !== "" && textWidth(candidate) > columns) {
        lines.push(line);
        line = word;
      } else {
        line = candidate;
      }
    }
    lines.push(line);
  }
  return lines;
}

const byteUnits = ["B", "kB", "MB", "GB", "TB"] as const;

/** A number of bytes for people, three digits at most: `412 B`, `2.15 MB`, `27.3 MB`. Units of 1000, as Docker shows. */
export function formatBytes(bytes: number): string {
  let value = Math.max(0, bytes);
  let unit = 0;
  // 999.5 would round to 1000.
  while (value >= 999.5 && unit < byteUnits.length - 1) {
    value /= 1000;
    unit++;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${value.toFixed(digits)} ${byteUnits[unit]}`;
}

/** A length of time for people: `340ms`, `3.2s`, `2m05s`, `1h02m`, `3d04h`. */
export function formatDuration(ms: number): string {
  if (ms < 999.5) return `${Math.max(0, Math.round(ms))}ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)}s`;
  const seconds = Math.round(ms / 1000);
  const two = (value: number): string => String(value).padStart(2, "0");
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${two(seconds % 60)}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)}h${two(minutes % 60)}m`;
  const hours = Math.floor(minutes / 60);
  return `${Math.floor(hours / 24)}d${two(hours % 24)}h`;
}

/** Local time of day, `HH:MM:SS`. */
export function formatTime(at: Date): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** `1 task`, `3 tasks`. */
export function countOf(count: number, singular: string): string {
  return `${count} ${singular}${count === 1 ? "" : "s"}`;
}
