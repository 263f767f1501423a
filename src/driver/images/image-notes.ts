import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Logger } from "../../task/index.ts";

/** An image that tasks have used, and that is to be removed some time after the last one. */
export interface ImageNote {
  readonly reference: string;
  readonly repository: string;
  readonly imageIds: readonly string[];
  /** Which of the ids the driver itself has fetched. */
  readonly fetchedIds: readonly string[];
}

/**
 * Remembers images, a file for each, in a folder whose own folder is there: one that was to be removed is, also when the
 * driver ended before. A note that cannot be kept or read costs no more than that removal, and is told to the logger.
 */
export class ImageNotes {
  readonly #folder: string;
  readonly #logger: Logger;

  constructor(folder: string, logger: Logger) {
    this.#folder = folder;
    this.#logger = logger;
  }

  /** Is on disk when this returns: the image may be used by a container right after. */
  put(note: ImageNote): void {
    this.#quietly("note an image", () => {
      const path = this.#toPath(note.reference);
      if (!existsSync(this.#folder)) mkdirSync(this.#folder, { mode: 0o700 });
      writeFileSync(`${path}.new`, JSON.stringify(note));
      renameSync(`${path}.new`, path);
    });
  }

  drop(reference: string): void {
    this.#quietly("forget an image", () => {
      rmSync(this.#toPath(reference), { force: true });
      if (existsSync(this.#folder) && this.#names().length === 0) rmdirSync(this.#folder);
    });
  }

  all(): readonly ImageNote[] {
    return this.#names()
      .filter((name) => name.endsWith(".json"))
      .flatMap((name) => {
        const note = this.#quietly("read the note of an image", () =>
          parseNote(readFileSync(join(this.#folder, name), "utf8")),
        );
        return note === undefined ? [] : [note];
      });
  }

  #names(): readonly string[] {
    try {
      return readdirSync(this.#folder);
    } catch {
      return [];
    }
  }

  #toPath(reference: string): string {
    const name = createHash("sha256").update(reference).digest("hex").slice(0, 32);
    return join(this.#folder, `${name}.json`);
  }

  #quietly<T>(what: string, work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      this.#logger.warn(`could not ${what}`, { folder: this.#folder, error });
      return undefined;
    }
  }
}

function parseNote(text: string): ImageNote {
  const note: Partial<Record<keyof ImageNote, unknown>> = JSON.parse(text);
  const { reference, repository, imageIds, fetchedIds } = note;
  if (typeof reference !== "string" || typeof repository !== "string") throw new Error("it names no image");
  return { reference, repository, imageIds: toTexts(imageIds), fetchedIds: toTexts(fetchedIds) };
}

function toTexts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
}
