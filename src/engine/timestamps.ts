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

const fixedLength = "2006-01-02T15:04:05.000000000Z".length;
const secondLength = "2006-01-02T15:04:05".length;

/** Reads many times of one log, of which most share their second with the one before: that is read once. */
export class TimestampReader {
  #second = "";
  #secondNs = 0n;

  /** As {@link parseTimestamp}. */
  read(text: string): bigint | undefined {
    const second = text.slice(0, secondLength);
    const nanos = Number(text.slice(secondLength + 1, fixedLength - 1));
    const isFixed = text.length === fixedLength && text.endsWith("Z") && Number.isInteger(nanos);
    if (!isFixed) return parseTimestamp(text);
    if (second !== this.#second) {
      const secondNs = parseTimestamp(`${second}Z`);
      if (secondNs === undefined) return undefined;
      this.#second = second;
      this.#secondNs = secondNs;
    }
    return this.#secondNs + BigInt(nanos);
  }
}

/** The form in which the engine takes an instant: seconds, a dot, nine digits. */
export function toEngineTime(timeNs: bigint): string {
  return `${timeNs / nanosPerSecond}.${(timeNs % nanosPerSecond).toString().padStart(9, "0")}`;
}
