import type { ImageInspect } from "../../engine/index.ts";
import {
  type CallOptions,
  errorMessage,
  isLongshoreError,
  startTimer,
  unlessAborted,
} from "../../task/index.ts";
import type { ImageNote, ImageNotes } from "./image-notes.ts";
import {
  canBeHadAgain,
  type RemovalOutcome,
  removeUnusedImage,
  unknownToRegistries,
} from "./image-removal.ts";
import type { Images, ImagesOptions } from "./images.ts";

/** What is told of an image in use. */
export type UsedImage = Pick<ImageInspect, "Id" | "RepoDigests">;

/** One user's hold on a reference. */
export interface ShelfLease {
  readonly reference: string;
  /** Resolves when no removal of the reference is under way. */
  ready(options: CallOptions): Promise<void>;
  /** The reference is in use, as this image (undefined where it is not known). */
  use(image: UsedImage | undefined): void;
  /** Lets go. The last one to let go of a reference that was used sets its removal off. */
  release(): void;
}

/** Counts who holds which reference, and removes those that nobody has held for a while. */
export interface ImageShelf extends AsyncDisposable {
  take(reference: string, repository: string): ShelfLease;
  /** This image was fetched here, so it may be removed whatever the engine says of where it came from. */
  noteFetched(imageId: string): void;
  /** See {@link Images.remember}. */
  remember(notes: ImageNotes): void;
  flush(options?: CallOptions): Promise<void>;
}

interface Slot {
  readonly reference: string;
  readonly repository: string;
  readonly imageIds: Set<string>;
  leases: number;
  used: boolean;
  /** All images that it has stood for are of this machine alone: none is to be removed. */
  isLocal: boolean;
  /** Its removal, while that waits for the delay. */
  timer: Disposable | undefined;
  removal: Promise<void> | undefined;
}

type ShelfOptions = Pick<ImagesOptions, "engine" | "logger" | "cleanup" | "imageDelayMs" | "onRemoval">;

/** However short the delay, an engine that is away is not asked more often. */
const leastRetryMs = 1000;

/** A shelf that removes through the engine. Disposing drops what waits for its delay. */
export function createImageShelf(options: ShelfOptions): ImageShelf {
  const slots = new Map<string, Slot>();
  const fetched = new Set<string>();
  const toldKept = new Set<string>();
  const delayMs = options.imageDelayMs ?? 180_000;
  let notes: ImageNotes | undefined;

  function slotOf(reference: string, repository: string): Slot {
    const known = slots.get(reference);
    if (known !== undefined) return known;
    const slot: Slot = {
      reference,
      repository,
      imageIds: new Set(),
      leases: 0,
      used: false,
      isLocal: true,
      timer: undefined,
      removal: undefined,
    };
    slots.set(reference, slot);
    return slot;
  }

  function schedule(slot: Slot): void {
    if (!slot.used || options.cleanup === false) {
      slots.delete(slot.reference);
      return;
    }
    removeIn(slot, delayMs);
  }

  function removeIn(slot: Slot, ms: number): void {
    // A process that has nothing else to do need not wait for it.
    slot.timer = startTimer(ms, () => void remove(slot), { unref: true });
  }

  function note({ reference, repository, imageIds, isLocal }: Slot): void {
    if (isLocal) return;
    const ids = [...imageIds];
    const fetchedIds = ids.filter((id) => fetched.has(id));
    notes?.put({ reference, repository, imageIds: ids, fetchedIds });
  }

  /** What a driver before this one had used: where nobody wants it any more, its delay begins. */
  function restore({ reference, repository, imageIds, fetchedIds }: ImageNote): void {
    const slot = slotOf(reference, repository);
    for (const id of imageIds) slot.imageIds.add(id);
    for (const id of fetchedIds) fetched.add(id);
    slot.used = true;
    slot.isLocal = false;
    if (slot.leases === 0) schedule(slot);
  }

  function remove(slot: Slot, signal?: AbortSignal): Promise<void> {
    stopTimer(slot);
    slot.removal ??= removeNow(slot, signal).finally(() => {
      slot.removal = undefined;
      if (slot.leases === 0 && slot.timer === undefined) slots.delete(slot.reference);
    });
    return slot.removal;
  }

  const isFetched = (imageId: string): boolean => fetched.has(imageId);

  async function removeUnused(slot: Slot, signal: AbortSignal | undefined): Promise<RemovalOutcome> {
    if (slot.isLocal) return { type: "kept", reason: unknownToRegistries };
    return await removeUnusedImage(options.engine, {
      ...slot,
      signal,
      isFetched,
      isHeldElsewhere: (id) => isHeldElsewhere(slot, id),
      isWanted: () => slot.leases > 0,
    });
  }

  async function removeNow(slot: Slot, signal: AbortSignal | undefined): Promise<void> {
    try {
      const outcome = await removeUnused(slot, signal);
      if (outcome.type === "postponed") schedule(slot);
      else if (slot.leases === 0 && !slot.isLocal) notes?.drop(slot.reference);
      if (outcome.type === "removed") options.onRemoval?.({ type: "image-removed", image: slot.reference });
      if (outcome.type === "kept") tellKept(slot.reference, outcome.reason);
    } catch (error) {
      const why = errorMessage(error);
      options.logger.warn(`An image that no task uses stays: ${why}`, { image: slot.reference });
      // A caller who gave up wants no more of it; an engine that was away is asked again.
      if (slot.leases === 0 && isLongshoreError(error) && error.retryable) {
        removeIn(slot, Math.max(delayMs, leastRetryMs));
      }
    }
  }

  function isHeldElsewhere(slot: Slot, imageId: string): boolean {
    return [...slots.values()].some(
      (other) => other !== slot && other.leases > 0 && other.imageIds.has(imageId),
    );
  }

  function tellKept(image: string, reason: string): void {
    if (toldKept.has(image)) return;
    toldKept.add(image);
    options.logger.info(`Image "${image}" stays: ${reason}`, { image });
    options.onRemoval?.({ type: "image-kept", image, reason });
  }

  return {
    take(reference, repository) {
      const slot = slotOf(reference, repository);
      slot.leases += 1;
      stopTimer(slot);
      let released = false;
      return {
        reference,
        ready: ({ signal }) => waitForRemoval(slot, signal),
        use(image) {
          const isNoted = slot.used && !slot.isLocal && (image === undefined || slot.imageIds.has(image.Id));
          slot.used = true;
          if (image === undefined || canBeHadAgain(image, { repository, isFetched })) slot.isLocal = false;
          if (image !== undefined) slot.imageIds.add(image.Id);
          if (!isNoted) note(slot);
        },
        release() {
          if (released) return;
          released = true;
          slot.leases -= 1;
          if (slot.leases === 0) schedule(slot);
        },
      };
    },
    noteFetched: (imageId) => void fetched.add(imageId),
    remember(found) {
      if (notes !== undefined || options.cleanup === false) return;
      notes = found;
      for (const noted of found.all()) restore(noted);
      for (const slot of slots.values()) if (slot.used) note(slot);
    },
    async flush(call) {
      const waiting = [...slots.values()].filter((slot) => slot.timer !== undefined);
      const underWay = [...slots.values()].flatMap((slot) => slot.removal ?? []);
      await Promise.all([...underWay, ...waiting.map((slot) => remove(slot, call?.signal))]);
    },
    async [Symbol.asyncDispose]() {
      const underWay = [...slots.values()].flatMap((slot) => slot.removal ?? []);
      for (const slot of slots.values()) stopTimer(slot);
      slots.clear();
      await Promise.all(underWay);
    },
  };
}

function stopTimer(slot: Slot): void {
  slot.timer?.[Symbol.dispose]();
  slot.timer = undefined;
}

async function waitForRemoval({ removal, reference }: Slot, signal: AbortSignal | undefined): Promise<void> {
  if (removal !== undefined) await unlessAborted(removal, signal, `image "${reference}"`);
}
