import { createHash, type Hash } from "node:crypto";
import { LongshoreError } from "../../task/index.ts";

/** What a file's content must hash to. */
export interface Checksum {
  readonly type: "md5" | "sha1" | "sha256" | "sha512";
  /** Lower-case hex. */
  readonly value: string;
}

const hexLengths = { md5: 32, sha1: 40, sha256: 64, sha512: 128 } as const;

/** `sha256:ab12...`; the type may be missing where the length tells it. Throws what `fail` makes. */
export function parseChecksum(text: string, fail: (why: string, hint?: string) => Error): Checksum {
  const [first = "", second] = text.split(":", 2);
  const value = (second ?? first).toLowerCase();
  const types = Object.keys(hexLengths) as (keyof typeof hexLengths)[];
  const type = types.find((name) =>
    second === undefined ? hexLengths[name] === value.length : name === first,
  );
  if (type === undefined)
    throw fail(
      `checksum "${text}" is of no known type`,
      `Write type:value, with one of ${types.join(", ")}.`,
    );
  if (value.length !== hexLengths[type] || !/^[0-9a-f]+$/.test(value))
    throw fail(`checksum "${text}" is not ${hexLengths[type]} hexadecimal digits, as ${type} has`);
  return { type, value };
}

/** A hash to feed the content to. */
export function startHash(checksum: Checksum): Hash {
  return createHash(checksum.type);
}

/** Throws `invalid` when the content was another one. */
export function verifyHash(hash: Hash, checksum: Checksum, source: string): void {
  const found = hash.digest("hex");
  if (found === checksum.value) return;
  throw new LongshoreError(
    "invalid",
    `artifact "${source}": its ${checksum.type} is ${found}, and ${checksum.value} was expected`,
    { hint: "Either the file has changed or the job file's checksum is of another one." },
  );
}
