import { createReadStream, createWriteStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { makeFolders } from "../../host/index.ts";
import { errorMessage, LongshoreError } from "../../task/index.ts";
import type { TaskRoots } from "../safe-path.ts";
import type { ArtifactLimits } from "./artifact-limits.ts";
import type { ArchiveKind } from "./artifact-source.ts";
import { EntryBudget } from "./entry-budget.ts";
import { untar } from "./untar.ts";
import { unzip } from "./unzip.ts";

export interface UnpackOptions {
  readonly kind: ArchiveKind;
  /** Folder that the entries go into; no entry gets out of it. */
  readonly folder: string;
  readonly roots: TaskRoots;
  readonly fileName: string;
  readonly limits: ArtifactLimits;
  readonly source: string;
  readonly signal: AbortSignal;
}

/** Unpacks an archive. Rejects with `invalid` for a broken one and for one with entries that would do harm. */
export async function unpack(archive: string, options: UnpackOptions): Promise<void> {
  const { kind, folder, source, signal } = options;
  await makeFolders(folder);
  const budget = new EntryBudget(options.limits, source);
  try {
    if (kind === "gz") await gunzip(archive, options, budget);
    else if (kind === "zip") await unzip(archive, { ...options, budget });
    else await untar(archive, { folder, budget });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof LongshoreError) throw error;
    const words = errorMessage(error);
    throw new LongshoreError("invalid", `artifact "${source}": cannot be unpacked as ${kind}: ${words}`, {
      cause: error,
      hint: "Set the option archive = false to keep the file as it is.",
    });
  }
}

async function gunzip(archive: string, options: UnpackOptions, budget: EntryBudget): Promise<void> {
  const target = join(options.folder, options.fileName.replace(/\.gz$/i, ""));
  budget.addEntry(target);
  await pipeline(
    createReadStream(archive),
    createGunzip(),
    (chunks: AsyncIterable<Uint8Array>) => budget.count(chunks),
    createWriteStream(target, { flags: "w" }),
    { signal: options.signal },
  );
}
