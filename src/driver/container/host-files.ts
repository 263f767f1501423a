import { readFileSync, realpathSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** The little that a plan reads from this machine. */
export interface HostFiles {
  /** The path without symbolic links; parts that do not exist are kept as they are. */
  realPath(path: string): string;
  /** The file's text; throws when it cannot be read. */
  readText(path: string): string;
}

/** The files of this machine. */
export const hostFiles: HostFiles = {
  realPath: (path) => {
    try {
      return realpathSync(path);
    } catch {
      const parent = dirname(path);
      return parent === path ? path : join(hostFiles.realPath(parent), basename(path));
    }
  },
  readText: (path) => readFileSync(path, "utf8"),
};
