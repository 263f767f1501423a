/** Bytes as text where they are text, else in base64. */
export type Piece = { readonly text: string } | { readonly base64: string };

/**
 * Turns a stream of bytes into pieces without loss: a character split between two pushes is kept back and
 * comes whole with the second one; what is no UTF-8 comes in base64.
 */
export class Utf8Pieces {
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  #kept = Buffer.alloc(0);

  /** The piece that is ready after these bytes; undefined while all of them are kept back. */
  push(data: Uint8Array): Piece | undefined {
    const bytes = Buffer.concat([this.#kept, data]);
    const whole = bytes.length - unfinishedLength(bytes);
    const text = this.#decode(bytes.subarray(0, whole));
    if (text === undefined) {
      this.#kept = Buffer.alloc(0);
      return { base64: bytes.toString("base64") };
    }
    this.#kept = Buffer.from(bytes.subarray(whole));
    return text === "" ? undefined : { text };
  }

  /** What was kept back. */
  end(): Piece | undefined {
    const kept = this.#kept;
    this.#kept = Buffer.alloc(0);
    return kept.length === 0 ? undefined : { base64: kept.toString("base64") };
  }

  #decode(bytes: Uint8Array): string | undefined {
    try {
      return this.#decoder.decode(bytes);
    } catch {
      return undefined;
    }
  }
}

/** How many bytes at the end begin a character that is not finished: 0 to 3. */
function unfinishedLength(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 && byte < 0xf8 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back && byte < 0xf8 ? back : 0;
  }
  return 0;
}
