import { type FileHandle, open, stat } from "node:fs/promises";

/** So often the engine may begin another file while they are opened, which takes less than a millisecond. */
const maxPasses = 10;

/** One of a log's files, held open. */
export interface LogFile {
  readonly handle: FileHandle;
  readonly inode: bigint;
  /** Bytes, when it was opened. */
  readonly size: bigint;
}

/**
 * Opens the files of a log as they are at one moment, newest first: `PATH`, `PATH.1` and so on, to the one with the
 * inode if that is given and there. Undefined when the engine begins files too quickly for that. Rejects when one may
 * not be read.
 */
export async function openLogFiles(path: string, lastInode?: bigint): Promise<LogFile[] | undefined> {
  for (let pass = 0; pass < maxPasses; pass++) {
    const files: LogFile[] = [];
    try {
      await openInto(files, path, lastInode);
      if (!(await haveMoved(files, path, lastInode))) return files;
    } catch (error) {
      await closeLogFiles(files);
      throw error;
    }
    await closeLogFiles(files);
  }
  return undefined;
}

export async function closeLogFiles(files: readonly LogFile[]): Promise<void> {
  await Promise.all(files.map(({ handle }) => handle.close()));
}

/** Whether the engine has packed what is older than so many files: only it can read that. */
export async function isPacked(path: string, files: number): Promise<boolean> {
  // They move on by one when a file is begun.
  return [await inodeOf(`${path}.${files}.gz`), await inodeOf(`${path}.${files + 1}.gz`)].some(isThere);
}

/** The inode of the file that is at a path; undefined when none is. */
export async function inodeOf(path: string): Promise<bigint | undefined> {
  return (await ifThere(stat(path, { bigint: true })))?.ino;
}

async function openInto(files: LogFile[], path: string, lastInode: bigint | undefined): Promise<void> {
  do {
    const handle = await ifThere(open(nameOf(path, files.length), "r"));
    if (handle === undefined) return;
    try {
      const { ino, size } = await handle.stat({ bigint: true });
      files.push({ handle, inode: ino, size });
    } catch (error) {
      await handle.close();
      throw error;
    }
  } while (files.at(-1)?.inode !== lastInode);
}

/** Whether the engine has begun a file since they were opened, or is about it: it renames the oldest one first. */
async function haveMoved(files: readonly LogFile[], path: string, lastInode?: bigint): Promise<boolean> {
  const inodes = files.map(({ inode }) => inode);
  if (new Set(inodes).size < files.length || inodes[0] !== (await inodeOf(path))) return true;
  // Until the one before is renamed as well there is a hole.
  const isLast = lastInode !== undefined && inodes.at(-1) === lastInode;
  return !isLast && isThere(await inodeOf(nameOf(path, files.length + 1)));
}

function nameOf(path: string, age: number): string {
  return age === 0 ? path : `${path}.${age}`;
}

function isThere(inode: bigint | undefined): boolean {
  return inode !== undefined;
}

async function ifThere<T>(found: Promise<T>): Promise<T | undefined> {
  return await found.catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
}
