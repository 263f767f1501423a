import { constants } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import type { GuardedFolder } from "./guarded-folder.ts";

/** Where a rotated log is being written. */
export interface LogPlace {
  readonly index: number;
  readonly size: number;
}

export interface LogRotatorOptions {
  readonly folder: GuardedFolder;
  /** `web.stdout`; the files are `web.stdout.0`, `.1` and so on. */
  readonly name: string;
  readonly maxFiles: number;
  readonly maxFileBytes: number;
}

/** One output stream in numbered files, the highest being the newest. Calls must not overlap. */
export interface LogRotator {
  /** Opens the newest file, or makes the first one, so that there is a place. */
  open(): Promise<void>;
  /** Lines stay whole where they fit into a file. Rejects with the file system's error; a later call tries again. */
  write(data: Uint8Array): Promise<void>;
  /** How many bytes the files hold after `place`. */
  countAfter(place: LogPlace): Promise<number>;
  /** Where the next byte goes; undefined while no file is open. */
  place(): LogPlace | undefined;
  close(): Promise<void>;
}

// No O_TRUNC: what is there stays.
const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND;
const newLine = 10;

export function createLogRotator({ folder, name, maxFiles, maxFileBytes }: LogRotatorOptions): LogRotator {
  type Current = { readonly file: FileHandle; readonly index: number; size: number };
  let current: Current | undefined;

  async function openFile(index: number): Promise<Current> {
    const file = await folder.open(`${name}.${index}`, flags);
    current = { file, index, size: (await file.stat()).size };
    return current;
  }

  async function openNewest(): Promise<Current> {
    return current ?? (await openFile(Math.max(0, ...(await listLogIndexes(folder, name)))));
  }

  async function rotate(from: number): Promise<Current> {
    await close();
    const next = await openFile(from + 1);
    const old = (await listLogIndexes(folder, name)).filter((index) => index <= next.index - maxFiles);
    for (const index of old) await folder.remove(`${name}.${index}`);
    return next;
  }

  async function close(): Promise<void> {
    const { file } = current ?? {};
    current = undefined;
    await file?.close();
  }

  async function writePart(data: Uint8Array): Promise<number> {
    let target = await openNewest();
    let length = countFitting(data, maxFileBytes - target.size);
    if (length === 0 && target.size > 0) {
      target = await rotate(target.index);
      length = countFitting(data, maxFileBytes - target.size);
    }
    const { bytesWritten } = await target.file.write(data.subarray(0, length === 0 ? maxFileBytes : length));
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
    async countAfter(place) {
      const indexes = (await listLogIndexes(folder, name)).filter((index) => index >= place.index);
      const sizes = await Promise.all(indexes.map((index) => folder.sizeOf(`${name}.${index}`)));
      const total = sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
      return Math.max(0, total - (indexes.includes(place.index) ? place.size : 0));
    },
    place: () => (current === undefined ? undefined : { index: current.index, size: current.size }),
    close,
  };
}

/** How much of `data` goes into `room` bytes: all of it, or its lines that fit; 0 when its first one does not. */
function countFitting(data: Uint8Array, room: number): number {
  if (data.byteLength <= room) return data.byteLength;
  return room <= 0 ? 0 : data.lastIndexOf(newLine, room - 1) + 1;
}

/** The numbers of a log's files in the folder, the oldest first: 0 and 2 for `name.0` and `name.2`. */
export async function listLogIndexes(folder: GuardedFolder, name: string): Promise<readonly number[]> {
  const names = await folder.list();
  return names
    .filter((file) => file.startsWith(`${name}.`))
    .map((file) => file.slice(name.length + 1))
    .filter((suffix) => /^\d{1,9}$/.test(suffix))
    .map(Number)
    .sort((left, right) => left - right);
}
