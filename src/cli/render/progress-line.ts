import type { PullProgress } from "../../task/index.ts";
import { formatBytes, formatDuration, pad, textWidth, truncate, truncateStart } from "./text.ts";

/**
 * One line that shows how far a pull is, at most so many columns: name, bar, percent, bytes, rate, time left.
 * What does not fit is left out, the least telling first. The name takes at least `nameColumns` where there is room.
 */
export function toProgressLine(progress: PullProgress, columns: number, nameColumns = 0): string {
  const share =
    progress.totalBytes > 0 ? Math.min(1, progress.receivedBytes / progress.totalBytes) : undefined;
  const percent = share === undefined ? "" : `${Math.floor(share * 100)}%`.padStart(4);
  const bytes =
    progress.totalBytes > 0
      ? pad(`${formatBytes(progress.receivedBytes)} of ${formatBytes(progress.totalBytes)}`, 18)
      : "waiting";
  const unpacking = share === 1;
  const rate =
    !unpacking && progress.bytesPerSecond > 0 ? pad(`${formatBytes(progress.bytesPerSecond)}/s`, 9) : "";
  const left = unpacking ? "unpacking" : toTimeLeft(progress);
  const wanted = [percent, left, bytes, rate].filter((part) => part !== "");
  const shortest = Math.min(textWidth(progress.image), 16);
  while (wanted.length > 1 && shortest + textWidth(wanted.join("  ")) + 2 > columns) wanted.pop();
  const figures = inOrder(wanted, [percent, bytes, rate, left]).join("  ");
  const room = Math.max(1, columns - textWidth(figures) - 2);
  const name = pad(truncateStart(progress.image, room), Math.min(nameColumns, room));
  const barColumns = Math.min(24, columns - textWidth(name) - textWidth(figures) - 4);
  const bar = share !== undefined && barColumns >= 8 ? `${toBar(share, barColumns)}  ` : "";
  return truncate(`${name}  ${bar}${figures}`.trimEnd(), columns);
}

function toTimeLeft({ secondsLeft }: PullProgress): string {
  return secondsLeft === undefined ? "" : pad(`${formatSeconds(secondsLeft)} left`, 8);
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
