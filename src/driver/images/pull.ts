import type { Engine, ImageInspect } from "../../engine/index.ts";
import type { Logger } from "../../task/index.ts";
import { LongshoreError } from "../../task/index.ts";
import type { AgentAuth } from "./credentials.ts";
import { findCredentials } from "./credentials.ts";
import { findImage } from "./find-image.ts";
import type { ImageReference } from "./image-reference.ts";
import { formatImageReference, toRepositoryName } from "./image-reference.ts";
import type { AcquireOptions, ImageEvent } from "./images.ts";

interface PullTools {
  readonly engine: Engine;
  readonly logger: Logger;
  readonly auth: AgentAuth;
}

interface PullWork {
  readonly parsed: ImageReference;
  readonly request: AcquireOptions;
  readonly signal: AbortSignal;
  readonly emit: (event: ImageEvent) => void;
}

/** Finds the login, pulls, and answers the image. */
export async function pullImage(tools: PullTools, work: PullWork): Promise<ImageInspect> {
  const { engine, logger } = tools;
  const { parsed, request, signal, emit } = work;
  const reference = formatImageReference(parsed);
  const startedAt = performance.now();
  emit({ type: "pull-started", image: reference });
  const auth = await findCredentials(
    tools.auth,
    { reference: parsed, auth: request.auth, softFail: request.authSoftFail, signal },
    logger,
  );
  const name = toRepositoryName(parsed);
  try {
    await engine.pullImage(
      { name, tagOrDigest: parsed.digest ?? parsed.tag ?? "latest" },
      {
        auth,
        signal,
        activityTimeoutMs: request.activityTimeoutMs,
        onProgress: (progress) => emit({ type: "pull-progress", progress }),
      },
    );
  } catch (error) {
    throw await explain(engine, reference, error);
  }
  const image = await engine.inspectImage(reference, { signal });
  const durationMs = Math.round(performance.now() - startedAt);
  emit({ type: "pull-finished", image: reference, sizeBytes: image.Size, durationMs });
  return image;
}

/** Who made an image on this machine and calls it latest does not expect that a registry is asked. */
async function explain(engine: Engine, reference: string, error: unknown): Promise<unknown> {
  if (!(error instanceof LongshoreError) || error.kind === "canceled") return error;
  const present = await findImage(engine, reference).catch(() => undefined);
  if (present === undefined) return error;
  const hint =
    "An image of that name is on this machine, but the registry is asked for latest (and with force_pull) at " +
    "every start. Give it another tag to use it as it is.";
  return new LongshoreError(error.kind, error.message, { cause: error, hint, retryable: error.retryable });
}

/** The error of a waiter whose `image_pull_timeout` is over, with how far the pull came. */
export function toPullTimeout(
  reference: string,
  timeoutMs: number,
  last: ImageEvent | undefined,
): LongshoreError {
  const seconds = timeoutMs / 1000;
  const how = last?.type === "pull-progress" ? `, ${toShare(last.progress)}` : "";
  return new LongshoreError(
    "timeout",
    `Cannot pull image "${reference}": not done after ${seconds} s${how}`,
    {
      hint: "image_pull_timeout sets how long a pull may take.",
    },
  );
}

function toShare(progress: { readonly receivedBytes: number; readonly totalBytes: number }): string {
  const [received, total] = [progress.receivedBytes, progress.totalBytes].map((bytes) =>
    (bytes / 1e6).toFixed(1),
  );
  return `${received} of ${total} MB fetched`;
}
