import { constants } from "node:fs";
import { open } from "node:fs/promises";
import type { Engine, ImageInspect } from "../../engine/index.ts";
import type { CallOptions } from "../../task/index.ts";
import { errorMessage, LongshoreError } from "../../task/index.ts";
import { findImage } from "./find-image.ts";

export interface LoadRequest extends CallOptions {
  /** Path of the archive. */
  readonly archive: string;
  /** The image that the task names. */
  readonly reference: string;
}

/**
 * Loads an archive of `docker save` into the engine, piece by piece, and answers the image that the task names.
 * Rejects with `invalid` when the archive cannot be read, is none, or does not hold that image.
 */
export async function loadArchive(engine: Engine, request: LoadRequest): Promise<ImageInspect> {
  const { archive, reference, signal } = request;
  const loaded = await engine.loadImage(readArchive(archive), { signal });
  if (loaded.includes(reference)) {
    const image = await findImage(engine, reference, { signal });
    if (image !== undefined) return image;
  }
  const held = loaded.length === 0 ? "no image" : loaded.join(", ");
  throw new LongshoreError("invalid", `Image archive "${archive}" holds ${held}, but not "${reference}"`, {
    hint: `Save it by that name: docker save -o ${archive} ${reference}`,
  });
}

/** A task may have put a pipe that nobody writes to, a device or a link in the archive's place. */
const plainFile = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;

async function* readArchive(path: string): AsyncGenerator<Uint8Array> {
  try {
    await using file = await open(path, plainFile);
    if (!(await file.stat()).isFile()) throw new Error("it is no plain file");
    yield* file.createReadStream({ highWaterMark: 256 * 1024, autoClose: false });
  } catch (cause) {
    const why = errorMessage(cause);
    throw new LongshoreError("invalid", `Cannot read image archive "${path}": ${why}`, {
      cause,
      hint: "`load` is a path below the task's local folder; an artifact can put the archive there.",
    });
  }
}
