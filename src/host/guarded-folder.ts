import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, lstat, open, readdir, rename, unlink } from "node:fs/promises";
import { join } from "node:path";
import { errorCode, LongshoreError } from "../task/index.ts";

/**
 * A folder that tasks can write to, held open: whatever a task puts in its place or into it, nothing outside of it is
 * written. Names are single path parts.
 */
export interface GuardedFolder extends AsyncDisposable {
  /**
   * Opens a plain file of this process's user and with no second name, or makes it (mode 0644 less the umask).
   * Anything else of that name makes room first, and is not opened: to open a device may set it off.
   */
  open(name: string, flags: number, mode?: number): Promise<FileHandle>;
  list(): Promise<readonly string[]>;
  /** The length of a file; undefined when there is none. */
  sizeOf(name: string): Promise<number | undefined>;
  /** Gone already is fine. A folder that a task has put there gets another name. */
  remove(name: string): Promise<void>;
}

const folderFlags = constants.O_RDONLY | constants.O_DIRECTORY;

/**
 * Opens the folder at `parts` below `root`. The root is trusted; rejects with kind `invalid` when one of the parts is
 * a symlink or no folder, and with the file system's error otherwise.
 */
export async function openGuardedFolder(root: string, parts: readonly string[]): Promise<GuardedFolder> {
  let handle = await open(root, folderFlags);
  let path = root;
  for (const part of parts) {
    const parent = handle;
    try {
      handle = await openPart(toStablePath(parent, path), part, join(path, part));
    } finally {
      await parent.close();
    }
    path = join(path, part);
  }
  return new OpenFolder(handle, path);
}

async function openPart(parent: string, part: string, path: string): Promise<FileHandle> {
  try {
    return await open(join(parent, part), folderFlags | constants.O_NOFOLLOW);
  } catch (error) {
    const code = errorCode(error);
    if (code !== "ELOOP" && code !== "ENOTDIR") throw error;
    throw new LongshoreError("invalid", `${path} is a symlink or no folder, so nothing is written there`, {
      cause: error,
    });
  }
}

/** A path that leads to the open folder, whatever its name is by now. Elsewhere than on Linux: its name. */
function toStablePath(handle: FileHandle, path: string): string {
  return process.platform === "linux" ? `/proc/self/fd/${handle.fd}` : path;
}

class OpenFolder implements GuardedFolder {
  readonly #handle: FileHandle;
  readonly #path: string;

  constructor(handle: FileHandle, path: string) {
    this.#handle = handle;
    this.#path = toStablePath(handle, path);
  }

  async open(name: string, flags: number, mode = 0o644): Promise<FileHandle> {
    const path = join(this.#path, name);
    try {
      const file = await openOurs(path, flags & ~constants.O_CREAT);
      if (file !== undefined) return file;
      await this.remove(name);
    } catch (error) {
      if (errorCode(error) !== "ENOENT" || (flags & constants.O_CREAT) === 0) throw error;
    }
    return await open(path, flags | constants.O_CREAT | constants.O_EXCL, mode);
  }

  async list(): Promise<readonly string[]> {
    return await readdir(this.#path);
  }

  async sizeOf(name: string): Promise<number | undefined> {
    try {
      return (await lstat(join(this.#path, name))).size;
    } catch (error) {
      if (errorCode(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  async remove(name: string): Promise<void> {
    const path = join(this.#path, name);
    try {
      await unlink(path);
    } catch (error) {
      const code = errorCode(error);
      if (code === "ENOENT") return;
      if (code !== "EISDIR" && code !== "EPERM") throw error;
      // Not removed: a task that swaps folders for symlinks meanwhile would have files removed elsewhere.
      await rename(path, join(this.#path, `.${name}.${randomBytes(6).toString("hex")}`));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}

/** Linux's O_PATH, which looks at what is there without opening it; others open plain files and pipes without harm. */
const lookFlags = process.platform === "linux" ? 0o10000000 : constants.O_RDONLY | constants.O_NONBLOCK;
const reopenFlags = process.platform === "linux" ? 0 : constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Opens what is at the path, if it is this process's own plain file; undefined when it is anything else. */
async function openOurs(path: string, flags: number): Promise<FileHandle | undefined> {
  const seen = await open(path, lookFlags | constants.O_NOFOLLOW).catch((error: unknown) => {
    if (errorCode(error) === "ELOOP") return undefined;
    throw error;
  });
  if (seen === undefined) return undefined;
  try {
    return (await isOurs(seen)) ? await open(toStablePath(seen, path), flags | reopenFlags) : undefined;
  } finally {
    await seen.close();
  }
}

/** A second name may be that of a file which is not for output. */
async function isOurs(file: FileHandle): Promise<boolean> {
  const found = await file.stat();
  return found.isFile() && found.nlink === 1 && found.uid === (process.geteuid?.() ?? found.uid);
}
