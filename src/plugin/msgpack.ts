import { decode, encode } from "@msgpack/msgpack";
import { errorMessage, LongshoreError } from "../task/index.ts";

/** Reads what Nomad's agent encodes; no bytes at all are nothing. Throws `invalid` when it is no MessagePack. */
export function decodeMessagePack(bytes: Uint8Array, what: string): unknown {
  if (bytes.byteLength === 0) return undefined;
  try {
    return decode(bytes);
  } catch (cause) {
    const why = errorMessage(cause);
    throw new LongshoreError("invalid", `${what} is no readable MessagePack: ${why}`, { cause });
  }
}

export function encodeMessagePack(value: unknown): Uint8Array {
  return encode(value);
}

/** The value as an object with text keys, or undefined when it is none. */
export function toRecord(value: unknown): Readonly<Record<string, unknown>> | undefined {
  const isRecord =
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    Object.getPrototypeOf(value) === Object.prototype;
  return isRecord ? (value as Record<string, unknown>) : undefined;
}
