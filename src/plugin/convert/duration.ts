import { longestTimerMs } from "../../task/index.ts";
import type { Duration } from "../proto/generated/google/protobuf/duration.ts";

/** Milliseconds from 0 to what a timer can wait, 24 days; none at all are 0. */
export function toMilliseconds(duration: Duration | undefined): number {
  const ms = (duration?.seconds ?? 0) * 1000 + Math.floor((duration?.nanos ?? 0) / 1e6);
  return Math.min(Math.max(ms, 0), longestTimerMs);
}
