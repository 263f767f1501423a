import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { errorCode } from "../task/index.ts";

/**
 * Makes a folder, of this mode if any, and those above it that are missing; one that is there is fine. Rejects with the file system's
 * error for the first that cannot be made. Node's own recursive mkdir never ends where a file system answers ENOENT
 * below a folder that exists, as /proc does.
 */
export async function makeFolders(path: string, mode?: number): Promise<void> {
  try {
    return await makeOne(path, mode);
  } catch (error) {
    if (errorCode(error) !== "ENOENT" || dirname(path) === path) throw error;
  }
  await makeFolders(dirname(path));
  await makeOne(path, mode);
}

async function makeOne(path: string, mode: number | undefined): Promise<void> {
  try {
    await mkdir(path, { mode });
  } catch (error) {
    const isFolder = await stat(path).then(
      (found) => found.isDirectory(),
      () => false,
    );
    if (!isFolder) throw error;
  }
}
