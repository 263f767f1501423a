const nanosPerSecond = 1_000_000_000n;

/**
 * Reads the nanoseconds since the epoch from an RFC 3339 time, exactly; fractions of any length up to nine
 * digits, `Z` or an offset. Undefined when the text is no such time.
 */
export function parseTimestamp(text: string): bigint | undefined {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(text);
  if (match === null) return undefined;
  const milliseconds = Date.parse(`${match[1]}${match[3]}`);
  if (Number.isNaN(milliseconds)) return undefined;
  return BigInt(milliseconds) * 1_000_000n + BigInt((match[2] ?? "").padEnd(9, "0"));
}

/** The form in which the engine takes an instant: seconds, a dot, nine digits. */
export function toEngineTime(timeNs: bigint): string {
  return `${timeNs / nanosPerSecond}.${(timeNs % nanosPerSecond).toString().padStart(9, "0")}`;
}
