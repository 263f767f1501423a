import type { Duration } from "../proto/generated/google/protobuf/duration.ts";

/** Node.js's timers take no longer ones; 24 days. */
const longestMs = 2 ** 31 - 1;

/** Milliseconds from 0 to 24 days; none at all are 0. */
export function toMilliseconds(duration: Duration | undefined): number {
  const ms = (duration?.seconds ?? 0) * 1000 + Math.floor((duration?.nanos ?? 0) / 1e6);
  return Math.min(Math.max(ms, 0), longestMs);
}
