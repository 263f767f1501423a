import { readFileSync, realpathSync } from "node:fs";
import { lstat, realpath } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { makeFolders } from "../host/index.ts";
import { errorCode, LongshoreError } from "../task/index.ts";

/** Folders of a task that files may be put into, on the host. */
export interface TaskRoots {
  readonly taskDir: string;
  readonly sharedDir: string;
}

/**
 * A destination of a job file as a path on the host: relative to the task's folder, or below one of the task's
 * folders when it came out of `NOMAD_*_DIR`. Throws `invalid` when it leads out of them.
 */
export function toHostPath(destination: string, roots: TaskRoots, what: string): string {
  const inRoots =
    isAbsolute(destination) &&
    (isInside(roots.taskDir, destination) || isInside(roots.sharedDir, destination));
  const path = inRoots ? resolve(destination) : join(roots.taskDir, destination);
  if (isInside(roots.taskDir, path) || isInside(roots.sharedDir, path)) return path;
  throw outside(what, destination);
}

/**
 * Checks that no part of `path` below its root is a symlink that leads out of the root: a task may have put one
 * there. Parts that do not exist are fine. Rejects with `invalid`.
 */
export async function assertNoEscape(path: string, roots: TaskRoots, what: string): Promise<void> {
  const root = isInside(roots.taskDir, path) ? roots.taskDir : roots.sharedDir;
  const realRoot = await realpath(root);
  let current = root;
  for (const part of relative(root, path).split(sep)) {
    current = join(current, part);
    const stats = await lstat(current).catch((error: unknown) => {
      if (errorCode(error) === "ENOENT") return undefined;
      throw error;
    });
    if (stats === undefined) return;
    if (!stats.isSymbolicLink()) continue;
    const target = await realpath(current).catch(() => undefined);
    if (target === undefined || !isInside(realRoot, target)) throw outside(what, relative(root, path));
  }
}

/** A task's path as it would see it itself. */
const taskPaths = /^\/(alloc|local|secrets)(?=\/|$)/;

/**
 * Reads a file of a task for its templates: relative to the task's folder, or below `/alloc`, `/local` or `/secrets`
 * as in its container. Throws for what is outside, also through symlinks.
 */
export function readTaskFile(path: string, roots: TaskRoots): string {
  const real = realpathSync(toTaskFile(path, roots));
  const allowed = [roots.taskDir, roots.sharedDir].some((root) => isInside(realpathSync(root), real));
  if (!allowed) throw outside("file", path);
  return readFileSync(real, "utf8");
}

/** Where a path that a task would use for a file is on the host; unchecked. */
export function toTaskFile(path: string, roots: TaskRoots): string {
  const [, top] = taskPaths.exec(path) ?? [];
  return join(top === "alloc" ? dirname(roots.sharedDir) : roots.taskDir, path);
}

/** Makes the folder, and the ones above it, for every user: containers need not run as root. */
export async function makeOpenFolder(folder: string): Promise<void> {
  await makeFolders(folder);
}

/** Whether `path` is `folder` or below it, by its text. */
export function isInside(folder: string, path: string): boolean {
  const steps = relative(folder, path);
  return steps === "" || (!isAbsolute(steps) && steps !== ".." && !steps.startsWith(`..${sep}`));
}

function outside(what: string, destination: string): LongshoreError {
  return new LongshoreError("invalid", `${what}: "${destination}" is outside of the task's folder`, {
    hint: 'Destinations are relative to the task\'s folder, as in "local/file".',
  });
}
