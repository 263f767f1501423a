// @ts-check
import { access, constants } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's folder. */
export const repository = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");

/** Where `npm test` unpacks programs that the tests need and the machine does not have. */
export const toolsFolder = join(repository, ".cache", "tools");

/** Folders that are searched for programs: the PATH, where Debian puts what only root uses, and ours. */
export function toolFolders() {
  const own = ["usr/bin", "usr/sbin", "bin", "sbin"].map((folder) => join(toolsFolder, folder));
  return [...(process.env.PATH ?? "").split(":"), "/usr/sbin", "/sbin", ...own].filter(
    (folder) => folder !== "",
  );
}

/**
 * The path of a program, or undefined.
 * @param {string} name
 * @param {(path: string) => Promise<boolean>} [suits] takes only a program that suits
 * @returns {Promise<string | undefined>}
 */
export async function findTool(name, suits = async () => true) {
  for (const folder of toolFolders()) {
    const path = join(folder, name);
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found && (await suits(path))) return path;
  }
  return undefined;
}
