import { constants } from "node:fs";
import { type FileHandle, open, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "./to-error.ts";

/** Where a rotated log is being written. */
export interface LogPlace {
  readonly index: number;
  readonly size: number;
}

export interface LogRotatorOptions {
  readonly folder: string;
  /** `web.stdout`; the files are `web.stdout.0`, `.1` and so on. */
  readonly name: string;
  readonly maxFiles: number;
  readonly maxFileBytes: number;
}

/** One output stream in numbered files. Calls must not overlap. */
export interface LogRotator {
  /** Opens the newest file, or makes the first one, so that there is a place. */
  open(): Promise<void>;
  /** Rejects with the file system's error; a later call tries again. */
  write(data: Uint8Array): Promise<void>;
  /** Forgets what was written after `place`. */
  rewind(place: LogPlace): Promise<void>;
  /** Where the next byte goes; undefined while no file is open. */
  place(): LogPlace | undefined;
  close(): Promise<void>;
}

// No O_TRUNC, and never through a symlink: the folder is one that tasks can reach.
const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW;

export function createLogRotator({ folder, name, maxFiles, maxFileBytes }: LogRotatorOptions): LogRotator {
  let current: { readonly file: FileHandle; readonly index: number; size: number } | undefined;

  const pathOf = (index: number): string => join(folder, `${name}.${index}`);

  async function openFile(index: number): Promise<NonNullable<typeof current>> {
    const file = await openPlain(pathOf(index));
    current = { file, index, size: (await file.stat()).size };
    return current;
  }

  async function openNewest(): Promise<NonNullable<typeof current>> {
    return current ?? (await openFile(Math.max(0, ...(await listIndexes(folder, name)))));
  }

  async function rotate(from: number): Promise<NonNullable<typeof current>> {
    await close();
    const next = await openFile(from + 1);
    const old = (await listIndexes(folder, name)).filter((index) => index <= next.index - maxFiles);
    for (const index of old) await rm(pathOf(index), { force: true });
    return next;
  }

  async function close(): Promise<void> {
    const { file } = current ?? {};
    current = undefined;
    await file?.close();
  }

  /** A chunk goes whole into one file where it fits, so that lines stay whole. */
  async function writePart(data: Uint8Array): Promise<number> {
    let target = await openNewest();
    if (target.size > 0 && target.size + data.byteLength > maxFileBytes) target = await rotate(target.index);
    const { bytesWritten } = await target.file.write(data.subarray(0, maxFileBytes));
    target.size += bytesWritten;
    return bytesWritten;
  }

  return {
    async open() {
      await openNewest();
    },
    async write(data) {
      try {
        for (let done = 0; done < data.byteLength; ) done += await writePart(data.subarray(done));
      } catch (error) {
        await close().catch(() => undefined);
        throw error;
      }
    },
    async rewind(place) {
      await close();
      const later = (await listIndexes(folder, name)).filter((index) => index > place.index);
      for (const index of later) await rm(pathOf(index), { force: true });
      const file = await openFile(place.index);
      if (file.size <= place.size) return;
      await file.file.truncate(place.size);
      file.size = place.size;
    },
    place: () => (current === undefined ? undefined : { index: current.index, size: current.size }),
    close,
  };
}

/** Opens a log file for appending; what stands there and is not a plain file is moved out of the way. */
async function openPlain(path: string): Promise<FileHandle> {
  try {
    return await open(path, flags | constants.O_NONBLOCK, 0o644);
  } catch (error) {
    const code = errorCode(error);
    // ELOOP: a symlink; ENXIO: a pipe without reader; EISDIR: a folder.
    if (code !== "ELOOP" && code !== "ENXIO" && code !== "EISDIR") throw error;
    await rm(path, { recursive: true, force: true });
    return await open(path, flags | constants.O_EXCL, 0o644);
  }
}

async function listIndexes(folder: string, name: string): Promise<readonly number[]> {
  const names = await readdir(folder);
  return names
    .filter((file) => file.startsWith(`${name}.`))
    .map((file) => file.slice(name.length + 1))
    .filter((suffix) => /^\d{1,9}$/.test(suffix))
    .map(Number);
}
