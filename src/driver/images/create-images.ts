import type { ImageInspect } from "../../engine/index.ts";
import { LongshoreError } from "../../task/index.ts";
import { findImage } from "./find-image.ts";
import { loadArchive } from "./image-archive.ts";
import type { ImageReference } from "./image-reference.ts";
import { formatImageReference, isLatest, parseImageReference, toRepositoryName } from "./image-reference.ts";
import { createImageShelf } from "./image-shelf.ts";
import type { AcquireOptions, ImageEvent, Images, ImagesOptions } from "./images.ts";
import { pullImage, toPullTimeout } from "./pull.ts";
import { SharedWork } from "./shared-work.ts";

/** Images of one engine. Disposing cancels pulls and pending removals; what is there stays. */
export function createImages(options: ImagesOptions): Images {
  const { engine, logger } = options;
  const shelf = createImageShelf(options);
  const work = new SharedWork<ImageInspect, ImageEvent>();

  async function provide(parsed: ImageReference, request: AcquireOptions): Promise<ImageInspect> {
    const reference = formatImageReference(parsed);
    const policy = request.pullPolicy ?? (isLatest(parsed) ? "always" : "if_not_present");
    const asks = policy === "always";
    const archive = request.loadArchive;
    const present = asks && archive === undefined ? undefined : await findImage(engine, reference, request);
    if (present !== undefined && !asks) return present;
    if (policy === "never" && archive === undefined) throw toAbsence(reference);
    let progress: ImageEvent | undefined;
    const waiter = {
      what: archive === undefined ? `pull image "${reference}"` : `load image archive "${archive}"`,
      signal: request.signal,
      timeoutMs: archive === undefined ? request.pullTimeoutMs : undefined,
      toTimeout: () => toPullTimeout(reference, request.pullTimeoutMs ?? 0, progress),
      onEvent: (event: ImageEvent) => {
        progress = event;
        request.onEvent?.(event);
      },
    };
    const key = JSON.stringify([
      reference,
      archive ?? null,
      request.auth ?? null,
      request.authSoftFail === true,
    ]);
    return work.join(key, waiter, async (signal, emit) => {
      if (archive === undefined) {
        const tools = { engine, logger, auth: options.auth ?? {} };
        const image = await pullImage(tools, { parsed, request, signal, emit });
        shelf.noteFetched(image.Id);
        return image;
      }
      const image = await loadArchive(engine, { archive, reference, signal });
      if (image.Id !== present?.Id) shelf.noteFetched(image.Id);
      return image;
    });
  }

  return {
    async acquire(request) {
      const parsed = parseImageReference(request.reference);
      const lease = shelf.take(formatImageReference(parsed), toRepositoryName(parsed));
      try {
        await lease.ready(request);
        const image = await provide(parsed, request);
        lease.use(image);
        return { reference: lease.reference, image, release: () => lease.release() };
      } catch (error) {
        lease.release();
        throw error;
      }
    },
    hold(reference) {
      const parsed = parseImageReference(reference);
      const lease = shelf.take(formatImageReference(parsed), toRepositoryName(parsed));
      lease.use(undefined);
      return { reference: lease.reference, release: () => lease.release() };
    },
    remember: (notes) => shelf.remember(notes),
    flush: (call) => shelf.flush(call),
    async [Symbol.asyncDispose]() {
      work.cancel();
      await shelf[Symbol.asyncDispose]();
    },
  };
}

function toAbsence(reference: string): LongshoreError {
  return new LongshoreError("not-found", `Image "${reference}" is not on this machine and is never pulled`, {
    hint: `Pull it by hand (docker pull ${reference}), or set pull_policy to if_not_present.`,
  });
}
