import type { PullProgress } from "../../task/index.ts";
import { formatBytes, formatDuration, pad, textWidth, truncate, truncateStart } from "./text.ts";

/**
 * One line that shows how far a pull is, at most so many columns: name, bar, percent, bytes, rate, time left.
 * What does not fit is left out, the least telling first.
 */
export function toProgressLine(progress: PullProgress, columns: number): string {
  const share =
    progress.totalBytes > 0 ? Math.min(1, progress.receivedBytes / progress.totalBytes) : undefined;
  const percent = share === undefined ? "" : `${Math.floor(share * 100)}%`.padStart(4);
  const bytes =
    progress.totalBytes > 0
      ? pad(`${formatBytes(progress.receivedBytes)} of ${formatBytes(progress.totalBytes)}`, 18)
      : "waiting";
  const rate = progress.bytesPerSecond > 0 ? pad(`${formatBytes(progress.bytesPerSecond)}/s`, 9) : "";
  const left =
    progress.secondsLeft === undefined ? "" : pad(`${formatSeconds(progress.secondsLeft)} left`, 8);
  const wanted = [percent, left, bytes, rate].filter((part) => part !== "");
  const shortest = Math.min(textWidth(progress.image), 16);
  while (wanted.length > 1 && shortest + textWidth(wanted.join("  ")) + 2 > columns) wanted.pop();
  const figures = inOrder(wanted, [percent, bytes, rate, left]).join("  ");
  const name = truncateStart(progress.image, Math.max(1, columns - textWidth(figures) - 2));
  const barColumns = Math.min(24, columns - textWidth(name) - textWidth(figures) - 4);
  const bar = share !== undefined && barColumns >= 8 ? `${toBar(share, barColumns)}  ` : "";
  return truncate(`${name}  ${bar}${figures}`.trimEnd(), columns);
}

function formatSeconds(seconds: number): string {
  return seconds < 59 ? `${Math.ceil(seconds)}s` : formatDuration(Math.ceil(seconds) * 1000);
}

function inOrder(parts: readonly string[], order: readonly string[]): readonly string[] {
  return order.filter((part) => parts.includes(part));
}

/** `[=====>    ]`, so many columns wide with its brackets. */
function toBar(share: number, columns: number): string {
  const inside = columns - 2;
  const filled = Math.round(share * inside);
  const body =
    filled >= inside ? "=".repeat(inside) : `${"=".repeat(filled)}>`.slice(0, inside).padEnd(inside);
  return `[${body}]`;
}
