import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { errorCode } from "../task/index.ts";

/**
 * Makes a folder and those above it that are missing; one that is there is fine. Rejects with the file system's
 * error for the first that cannot be made. Node's own recursive mkdir never ends where a file system answers ENOENT
 * below a folder that exists, as /proc does.
 */
export async function makeFolders(path: string): Promise<void> {
  try {
    return await makeOne(path);
  } catch (error) {
    if (errorCode(error) !== "ENOENT" || dirname(path) === path) throw error;
  }
  await makeFolders(dirname(path));
  await makeOne(path);
}

async function makeOne(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const isFolder = await stat(path).then(
      (found) => found.isDirectory(),
      () => false,
    );
    if (!isFolder) throw error;
  }
}
