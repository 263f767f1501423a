import { constants } from "node:fs";
import { type FileHandle, lstat, open, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { errorCode, LongshoreError } from "../task/index.ts";

/**
 * A folder that tasks can write to, held open: whatever a task puts in its place or into it, nothing outside of it is
 * written. Names are single path parts.
 */
export interface GuardedFolder extends AsyncDisposable {
  /**
   * Opens a plain file of this process's user and with no second name, or makes it (mode 0644 less the umask).
   * Anything else of that name is removed first.
   */
  open(name: string, flags: number, mode?: number): Promise<FileHandle>;
  list(): Promise<readonly string[]>;
  /** The length of a file; undefined when there is none. */
  sizeOf(name: string): Promise<number | undefined>;
  /** Gone already is fine. */
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
    // O_NONBLOCK: the opening of a pipe would wait for its reader.
    const careful = flags | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const file = await open(path, careful, mode).catch((error: unknown) => {
      // A symlink, a pipe without reader, a folder.
      if (!["ELOOP", "ENXIO", "EISDIR"].includes(errorCode(error) ?? "")) throw error;
      return undefined;
    });
    if (file !== undefined && (await isOurs(file))) return file;
    await file?.close();
    await rm(path, { recursive: true, force: true });
    return await open(path, careful | constants.O_CREAT | constants.O_EXCL, mode);
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
    await rm(join(this.#path, name), { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}

/** A second name may be that of a file which is not for output. */
async function isOurs(file: FileHandle): Promise<boolean> {
  const found = await file.stat();
  return found.isFile() && found.nlink === 1 && found.uid === (process.geteuid?.() ?? found.uid);
}
