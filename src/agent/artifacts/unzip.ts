import { createWriteStream } from "node:fs";
import { chmod, rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Entry, ZipFile } from "yauzl";
import { makeFolders } from "../../host/index.ts";
import { assertNoEscape, type TaskRoots } from "../safe-path.ts";
import type { EntryBudget } from "./entry-budget.ts";

export interface UnzipOptions {
  readonly folder: string;
  readonly roots: TaskRoots;
  readonly source: string;
  readonly budget: EntryBudget;
  readonly signal: AbortSignal;
}

const typeMask = 0o170000;
const symlinkType = 0o120000;
const otherTypes: ReadonlySet<number> = new Set([0o010000, 0o020000, 0o060000, 0o140000]);
const longestTarget = 4096;

/** Unpacks a zip file. Links come last, so that no entry is written through one. */
export async function unzip(archive: string, options: UnzipOptions): Promise<void> {
  const { openPromise } = await import("yauzl");
  const zip = await openPromise(archive);
  const links: { readonly path: string; readonly target: string }[] = [];
  try {
    for await (const entry of zip.eachEntry()) {
      options.signal.throwIfAborted();
      const target = await unpackEntry(zip, entry, options);
      if (target !== undefined) links.push({ path: join(options.folder, entry.fileName), target });
    }
    for (const { path, target } of links) {
      await prepareParent(path, options);
      await rm(path, { force: true });
      await symlink(target, path);
    }
  } finally {
    zip.close();
  }
}

/** Writes a file or folder; answers a symlink's target. */
async function unpackEntry(zip: ZipFile, entry: Entry, options: UnzipOptions): Promise<string | undefined> {
  const { budget, folder } = options;
  const name = entry.fileName;
  budget.addEntry(name);
  budget.checkName(name);
  // The upper half holds a Unix mode where the archive was made on Unix.
  const mode = entry.externalFileAttributes >>> 16;
  const path = join(folder, name);
  if (otherTypes.has(mode & typeMask)) throw budget.refuse(`entry "${name}" is a device or pipe`);
  await prepareParent(path, options);
  if (name.endsWith("/")) {
    await makeFolders(path);
    return undefined;
  }
  const stream = await zip.openReadStreamPromise(entry);
  if ((mode & typeMask) === symlinkType) return await readTarget(stream, name, budget);
  await rm(path, { force: true });
  await pipeline(
    stream,
    (chunks: AsyncIterable<Uint8Array>) => budget.count(chunks),
    createWriteStream(path, { flags: "wx" }),
    { signal: options.signal },
  );
  if ((mode & 0o777) !== 0) await chmod(path, mode & 0o777);
  return undefined;
}

/** A task of the group may have put a link where a folder should be. */
async function prepareParent(path: string, { roots, source }: UnzipOptions): Promise<void> {
  await assertNoEscape(dirname(path), roots, `artifact "${source}"`);
  await makeFolders(dirname(path));
}

async function readTarget(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
  budget: EntryBudget,
): Promise<string> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of budget.count(chunks)) {
    size += chunk.byteLength;
    if (size > longestTarget) throw budget.refuse(`link "${name}" is too long`);
    parts.push(chunk);
  }
  const target = Buffer.concat(parts).toString("utf8");
  budget.checkLink(name, target);
  return target;
}
