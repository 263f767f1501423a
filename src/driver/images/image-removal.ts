import type { Engine, ImageInspect } from "../../engine/index.ts";
import type { CallOptions } from "../../task/index.ts";
import { isLongshoreError } from "../../task/index.ts";
import { findImage } from "./find-image.ts";
import { formatImageReference, parseImageReference } from "./image-reference.ts";

export interface RemovalCandidate extends CallOptions {
  /** The one reference to remove. */
  readonly reference: string;
  /** Its repository, as the engine writes it in digests. */
  readonly repository: string;
  /** Ids that the reference had while tasks used it; empty when not known. */
  readonly imageIds: ReadonlySet<string>;
  /** Whether this driver had the image from a registry or from a task's own archive. */
  readonly isFetched: (imageId: string) => boolean;
  /** Whether a task uses the same image by another reference. */
  readonly isHeldElsewhere: (imageId: string) => boolean;
  /** Whether somebody wants the reference again by now. */
  readonly isWanted: () => boolean;
}

export type RemovalOutcome =
  | { readonly type: "removed" }
  /** In use elsewhere, gone, or wanted again: nothing to tell. */
  | { readonly type: "left" }
  | { readonly type: "postponed" }
  | { readonly type: "kept"; readonly reason: string };

export const unknownToRegistries =
  "as far as is known no registry has it (built, imported or loaded on this machine)";

/**
 * Removes an image by the one reference, its other tags untouched, unless others use it or it could not be had
 * again. Rejects only when the engine cannot be asked.
 */
export async function removeUnusedImage(
  engine: Engine,
  candidate: RemovalCandidate,
): Promise<RemovalOutcome> {
  await removeReplaced(engine, candidate);
  const image = await findImage(engine, candidate.reference, candidate);
  if (image === undefined || candidate.isWanted()) return { type: "left" };
  // Somebody else has pulled or built it anew: what is there now was never ours to remove.
  if (candidate.imageIds.size > 0 && !candidate.imageIds.has(image.Id)) return { type: "left" };
  if (candidate.isHeldElsewhere(image.Id)) return { type: "postponed" };
  if (!canBeHadAgain(image, candidate)) return { type: "kept", reason: unknownToRegistries };
  if (await isUsedByName(engine, image, candidate)) return { type: "left" };
  if (candidate.isWanted()) return { type: "left" };
  return (await removeQuietly(engine, candidate.reference, candidate))
    ? { type: "removed" }
    : { type: "left" };
}

/**
 * A digest of the repository tells that a registry has the image. Engines that keep images in containerd give such
 * a digest to what was built here too, but it equals the image's id then, and says nothing.
 */
export function canBeHadAgain(
  image: Pick<ImageInspect, "Id" | "RepoDigests">,
  { repository, isFetched }: Pick<RemovalCandidate, "repository" | "isFetched">,
): boolean {
  if (isFetched(image.Id)) return true;
  const digests = (image.RepoDigests ?? []).filter((digest) => digest.startsWith(`${repository}@`));
  return digests.some((digest) => digest !== `${repository}@${image.Id}`);
}

/** With other tags left the engine takes a name away from under a container; with the last one it refuses. */
async function isUsedByName(
  engine: Engine,
  image: ImageInspect,
  candidate: RemovalCandidate,
): Promise<boolean> {
  if ((image.RepoTags ?? []).length < 2) return false;
  const containers = await engine.listContainers({ all: true, signal: candidate.signal });
  return containers.some(({ Image }) => isSameReference(Image, candidate.reference));
}

/** Containers carry the name that they were made with: `redis` as well as `redis:latest`, or an id. */
function isSameReference(text: string, reference: string): boolean {
  try {
    return formatImageReference(parseImageReference(text)) === reference;
  } catch {
    return false;
  }
}

/** Images that the reference meant before a newer one was pulled: they have no name any more. */
async function removeReplaced(engine: Engine, candidate: RemovalCandidate): Promise<void> {
  if (candidate.imageIds.size < 2) return;
  for (const id of candidate.imageIds) {
    const image = await findImage(engine, id, candidate);
    if (image === undefined || (image.RepoTags ?? []).length > 0) continue;
    if (candidate.isHeldElsewhere(id) || !canBeHadAgain(image, candidate)) continue;
    await removeQuietly(engine, id, candidate);
  }
}

/** False when it is in use or gone already. */
async function removeQuietly(engine: Engine, reference: string, { signal }: CallOptions): Promise<boolean> {
  try {
    await engine.removeImage(reference, { signal });
    return true;
  } catch (error) {
    if (isLongshoreError(error, "conflict") || isLongshoreError(error, "not-found")) return false;
    throw error;
  }
}
