const nanosPerMs = 1_000_000n;
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
  return BigInt(milliseconds) * nanosPerMs + BigInt((match[2] ?? "").padEnd(9, "0"));
}

const fixedLength = "2006-01-02T15:04:05.000000000Z".length;
const secondLength = "2006-01-02T15:04:05".length;
const [zulu, dot, zero] = [0x5a, 0x2e, 0x30];

/** The time as Go writes it: RFC 3339 in UTC, the fraction without zeros at its end, and none of a whole second. */
export function formatTimestamp(timeNs: bigint): string {
  const seconds = new Date(Number(timeNs / nanosPerMs)).toISOString().slice(0, secondLength);
  const fraction = toFraction(timeNs).replace(/0+$/, "");
  return `${seconds}${fraction === "" ? "" : `.${fraction}`}Z`;
}

/** Reads many times of one log, of which most share their second with the one before: that is read once. */
export class TimestampReader {
  /** The bytes of a time that is known, up to its second. */
  #second: Uint8Array = new Uint8Array();
  #secondNs = 0n;
  /** Of a text, as far as a time goes at most. */
  readonly #bytes = Buffer.alloc(2 * fixedLength);

  /** As {@link parseTimestamp}. */
  readText(text: string): bigint | undefined {
    return this.read(this.#bytes, this.#bytes.write(text));
  }

  /** As {@link parseTimestamp}, of the first `length` bytes. */
  read(bytes: Uint8Array, length: number): bigint | undefined {
    const nanos = readNanos(bytes, length);
    if (nanos === undefined) return parseTimestamp(toText(bytes, length));
    if (!this.#isOfKnownSecond(bytes)) {
      const secondNs = parseTimestamp(`${toText(bytes, secondLength)}Z`);
      if (secondNs === undefined) return undefined;
      // No view, as a Buffer's own slice is.
      this.#second = Uint8Array.from(bytes.subarray(0, secondLength));
      this.#secondNs = secondNs;
    }
    return this.#secondNs + BigInt(nanos);
  }

  #isOfKnownSecond(bytes: Uint8Array): boolean {
    if (this.#second.length === 0) return false;
    // From its end, where times differ.
    for (let at = secondLength - 1; at >= 0; at--) if (bytes[at] !== this.#second[at]) return false;
    return true;
  }
}

/** The fraction between the second and a `Z`; undefined for a time of another form. */
function readNanos(bytes: Uint8Array, length: number): number | undefined {
  const [begin, end] = [secondLength + 1, length - 1];
  if (length > fixedLength || end <= begin || bytes[begin - 1] !== dot || bytes[end] !== zulu)
    return undefined;
  let nanos = 0;
  for (let at = begin; at < fixedLength - 1; at++) {
    const digit = at < end ? (bytes[at] ?? 0) - zero : 0;
    if (!(digit >= 0 && digit <= 9)) return undefined;
    nanos = nanos * 10 + digit;
  }
  return nanos;
}

function toText(bytes: Uint8Array, length: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, length).toString("latin1");
}

/** The form in which the engine takes an instant: seconds, a dot, nine digits. */
export function toEngineTime(timeNs: bigint): string {
  return `${timeNs / nanosPerSecond}.${toFraction(timeNs)}`;
}

/** The nine digits behind the second. */
function toFraction(timeNs: bigint): string {
  return (timeNs % nanosPerSecond).toString().padStart(9, "0");
}
