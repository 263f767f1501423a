import { join } from "node:path";
import { toTaskDirs } from "../../task/index.ts";
import { isInside } from "./bind-source.ts";
import { type Planning, realPath, refuse } from "./planning.ts";

/**
 * Where the image archive of `load` is on the host, links resolved before it is judged; undefined when none is named.
 * One outside of the task's local folder is refused.
 */
export function planArchive(planning: Planning): string | undefined {
  const { load } = planning.options;
  if (load === undefined) return undefined;
  const { localDir } = toTaskDirs(planning.task);
  const path = realPath(planning, ["load"], join(localDir, load));
  if (!isInside(planning.files.realPath(localDir), path)) {
    const hint = "Put the archive into local/, for example by an artifact block.";
    refuse(planning, ["load"], `"${load}" is outside the task's local folder`, hint);
  }
  return path;
}
