import { isAbsolute } from "node:path";
import { LongshoreError } from "../../task/index.ts";
import type { ArtifactLimits } from "./artifact-limits.ts";

/** Counts what an archive unpacks to, and refuses what would get out of its folder. */
export class EntryBudget {
  readonly #limits: ArtifactLimits;
  readonly #source: string;
  #entries = 0;
  #bytes = 0;

  constructor(limits: ArtifactLimits, source: string) {
    this.#limits = limits;
    this.#source = source;
  }

  /** Throws `invalid` for a name that leads out of the folder, and past the limit of entries. */
  addEntry(name: string): void {
    this.#entries += 1;
    if (this.#entries > this.#limits.maxEntries)
      throw this.refuse(`the archive has more than ${this.#limits.maxEntries} entries`);
    if (name.includes("\0")) throw this.refuse("an entry has a NUL byte in its name");
  }

  /** Throws `invalid` past the limit of bytes. */
  addBytes(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#limits.maxUnpackedBytes)
      throw this.refuse(`the archive unpacks to more than ${this.#limits.maxUnpackedBytes} bytes`);
  }

  async *count(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      this.addBytes(chunk.byteLength);
      yield chunk;
    }
  }

  /** Throws `invalid` for an entry's path that is absolute or has `..` in it. */
  checkName(name: string): void {
    if (isAbsolute(name) || name.split("/").includes(".."))
      throw this.refuse(`entry "${name}" would be outside of the destination`);
  }

  /**
   * Throws `invalid` for a symlink that leads out of the folder. Steps up may only stand at its beginning: in
   * `link/../x` the step up would start where `link` leads.
   */
  checkLink(name: string, target: string): void {
    const steps = target.split("/").filter((part) => part !== "" && part !== ".");
    const ups = steps.findIndex((part) => part !== "..");
    const down = ups < 0 ? [] : steps.slice(ups);
    const depth = name.split("/").filter((part) => part !== "" && part !== ".").length - 1;
    const count = ups < 0 ? steps.length : ups;
    if (isAbsolute(target) || count > depth || down.includes(".."))
      throw this.refuse(`link "${name}" leads to "${target}", outside of the destination`);
  }

  refuse(why: string): LongshoreError {
    return new LongshoreError("invalid", `artifact "${this.#source}": ${why}`, {
      hint: "Only archives from a source that you trust should be unpacked.",
    });
  }
}
