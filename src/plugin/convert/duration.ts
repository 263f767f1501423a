import type { Duration } from "../proto/generated/google/protobuf/duration.ts";

/** Milliseconds; none at all are 0. */
export function toMilliseconds(duration: Duration | undefined): number {
  return (duration?.seconds ?? 0) * 1000 + (duration?.nanos ?? 0) / 1e6;
}
