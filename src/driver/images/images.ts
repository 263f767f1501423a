import type { Engine, ImageInspect } from "../../engine/index.ts";
import type { CallOptions, Logger, TaskEventDetail } from "../../task/index.ts";
import type { AgentAuth, TaskAuth } from "./credentials.ts";
import type { ImageNotes } from "./image-notes.ts";

/** What a waiter hears while its image is made available. */
export type ImageEvent = Extract<
  TaskEventDetail,
  { readonly type: "pull-started" | "pull-progress" | "pull-finished" }
>;

/** What happens to images after the last task let go of them. */
export type ImageRemovalEvent =
  | { readonly type: "image-removed"; readonly image: string }
  /** It stays, because it could not be had again; told once per image. */
  | { readonly type: "image-kept"; readonly image: string; readonly reason: string };

export interface ImagesOptions {
  readonly engine: Engine;
  readonly logger: Logger;
  readonly auth?: AgentAuth | undefined;
  /** Remove images that no task uses any more (true). */
  readonly cleanup?: boolean | undefined;
  /** How long an image stays after its last use (180,000). */
  readonly imageDelayMs?: number | undefined;
  readonly onRemoval?: ((event: ImageRemovalEvent) => void) | undefined;
}

export type PullPolicy = "always" | "if_not_present" | "never";

export interface AcquireOptions extends CallOptions {
  /** As the job file has it. */
  readonly reference: string;
  /** When to ask the registry; by the tag when missing: always for `latest`, else if the image is not there. */
  readonly pullPolicy?: PullPolicy | undefined;
  readonly auth?: TaskAuth | undefined;
  /** Go on without a login when looking for one fails. */
  readonly authSoftFail?: boolean | undefined;
  /** For the whole pull. */
  readonly pullTimeoutMs?: number | undefined;
  /** For the time without any progress. */
  readonly activityTimeoutMs?: number | undefined;
  /** Path of an archive of `docker save` to load in place of a pull. */
  readonly loadArchive?: string | undefined;
  readonly onEvent?: ((event: ImageEvent) => void) | undefined;
}

/** The right to use an image: it is not removed before this is released. */
export interface ImageLease {
  /** For the create request: `redis:7`. */
  readonly reference: string;
  /** Lets go; the second time does nothing. */
  release(): void;
}

/** Images as tasks use them: fetched once however many wait, removed some time after the last one let go. */
export interface Images extends AsyncDisposable {
  /**
   * Makes an image available. One engine call when it is there and needs no asking. Rejects with `invalid` for a
   * reference that does not hold, else with the kind of what went wrong: `not-found`, `unauthorized`,
   * `unavailable`, `timeout`, `canceled`.
   */
  acquire(options: AcquireOptions): Promise<ImageLease & { readonly image: ImageInspect }>;
  /** A lease for a container that runs already, found again after a restart. No engine call. */
  hold(reference: string): ImageLease;
  /**
   * Remembers images in these notes until they are removed, so that they are also after this driver's end, and takes up
   * those that are there. The first notes count; without any nothing is remembered.
   */
  remember(notes: ImageNotes): void;
  /** Removes at once what waits for its delay. */
  flush(options?: CallOptions): Promise<void>;
}
