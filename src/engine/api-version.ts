import { LongshoreError } from "../task/index.ts";

/** The newest API version whose meaning Longshore knows. */
const newestApiVersion = "1.48";
/** The oldest that has all that a start needs (engine 1.12, 2016). */
const oldestApiVersion = "1.24";

/** Negative, zero or positive as `a` is older than, equal to or newer than `b`. */
export function compareApiVersions(a: string, b: string): number {
  const [aMajor = 0, aMinor = 0] = a.split(".").map(Number);
  const [bMajor = 0, bMinor = 0] = b.split(".").map(Number);
  return aMajor - bMajor || aMinor - bMinor;
}

/** The version to speak with an engine: the lower of ours and its newest. Throws `invalid` when it is too old. */
export function negotiateApiVersion(engineNewest: string): string {
  if (!/^\d+\.\d+$/.test(engineNewest)) {
    throw new LongshoreError("unavailable", `The engine tells no API version ("${engineNewest}")`, {
      hint: "Is the endpoint a Docker engine?",
    });
  }
  if (compareApiVersions(engineNewest, oldestApiVersion) < 0) {
    throw new LongshoreError(
      "invalid",
      `The engine speaks API ${engineNewest}; Longshore needs ${oldestApiVersion} or later`,
      { hint: "Update Docker." },
    );
  }
  return compareApiVersions(engineNewest, newestApiVersion) < 0 ? engineNewest : newestApiVersion;
}
