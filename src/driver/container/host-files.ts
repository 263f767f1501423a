import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync, readlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { LongshoreError } from "../../task/index.ts";

export type FileKind = "file" | "folder" | "link" | "socket" | "device" | "pipe" | "missing";

/** The little that a plan reads from this machine. */
export interface HostFiles {
  /**
   * Where an absolute, normal path leads without symbolic links; parts that do not exist are kept as they are, and
   * so a link to nothing leads to what it names. Throws `invalid` for links that lead in circles.
   */
  realPath(path: string): string;
  /** What the path is itself, links not followed. */
  kindOf(path: string): FileKind;
  /** The text of a plain file of at most 1 MiB; throws when it cannot be read or is none. */
  readText(path: string): string;
}

const mostLinks = 40;
const mostBytes = 1024 * 1024;

/** The files of this machine. */
export const hostFiles: HostFiles = { realPath, kindOf, readText };

function realPath(path: string): string {
  const parts = path.split("/");
  let real = "/";
  let links = 0;
  for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
    if (part === "" || part === ".") continue;
    const next = part === ".." ? dirname(real) : join(real, part);
    const target = part === ".." ? undefined : readLink(next);
    if (target === undefined) {
      real = next;
      continue;
    }
    links++;
    if (links > mostLinks)
      throw new LongshoreError("invalid", `${path} leads through too many symbolic links`);
    if (target.startsWith("/")) real = "/";
    parts.unshift(...target.split("/"));
  }
  return real;
}

/** Where a symbolic link points; undefined for all that is none. */
function readLink(path: string): string | undefined {
  try {
    // Asked first: most paths are no links, and an error takes ten times as long to make.
    const stats = lstatSync(path, { throwIfNoEntry: false });
    return stats?.isSymbolicLink() ? readlinkSync(path) : undefined;
  } catch {
    return undefined;
  }
}

function kindOf(path: string): FileKind {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return "missing";
  if (stats.isSymbolicLink()) return "link";
  if (stats.isDirectory()) return "folder";
  if (stats.isSocket()) return "socket";
  if (stats.isFIFO()) return "pipe";
  return stats.isFile() ? "file" : "device";
}

function readText(path: string): string {
  // What is opened is what is looked at; a pipe that nobody writes to does not hold the open up.
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) throw new LongshoreError("invalid", "it is no plain file");
    if (stats.size > mostBytes)
      throw new LongshoreError("invalid", `it has ${stats.size} bytes; at most 1 MiB`);
    return readFileSync(file, "utf8");
  } finally {
    closeSync(file);
  }
}
