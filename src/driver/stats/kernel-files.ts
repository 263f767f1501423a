import { readFileSync } from "node:fs";

/** The kernel's own files, such as `/proc/stat`. */
export interface KernelFiles {
  /** The text of a file; undefined when it is not there or may not be read. */
  read(path: string): string | undefined;
}

/**
 * The kernel's files below a folder, the machine's own by default. They are read at once: the kernel has them in
 * memory, and a way through the thread pool costs eight times as much.
 */
export function createKernelFiles(root = ""): KernelFiles {
  return {
    read(path) {
      try {
        return readFileSync(`${root}${path}`, "utf8");
      } catch {
        return undefined;
      }
    },
  };
}

/** The numbers of a file of `name value` lines, by name. */
export function parsePairs(text: string | undefined): ReadonlyMap<string, number> {
  const pairs = new Map<string, number>();
  for (const line of (text ?? "").split("\n")) {
    const space = line.indexOf(" ");
    if (space > 0) pairs.set(line.slice(0, space), Number(line.slice(space + 1)));
  }
  return pairs;
}

/** The number that a file consists of; undefined when there is none. */
export function parseNumber(text: string | undefined): number | undefined {
  return text === undefined || !/^\d+\s*$/.test(text) ? undefined : Number(text);
}
