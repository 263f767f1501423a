import { isAbsolute, resolve } from "node:path";
import type { OptionPath } from "../options/fields.ts";
import { type Planning, refuse } from "./planning.ts";

/**
 * The host path that a bind mount means, symbolic links resolved before it is judged: a path in the
 * allocation's folder is always allowed, any other only with the agent's `volumes.enabled`.
 */
export function planBindSource(planning: Planning, path: OptionPath, source: string): string {
  const { task, files } = planning;
  const real = files.realPath(resolve(task.allocDir, task.name, source));
  const inside = isInside(files.realPath(task.allocDir), real);
  if (!inside && !planning.agent.volumes.enabled) {
    const shown = isAbsolute(source) ? `"${source}"` : `"${source}" (${real})`;
    refuse(
      planning,
      path,
      `volumes are not enabled; cannot mount host path ${shown}`,
      "Use a path in the task's folder, or set volumes.enabled in the docker driver's options.",
    );
  }
  return real;
}

/** Whether `path` is `folder` or lies in it; both absolute and normal. */
export function isInside(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder === "/" ? "/" : `${folder}/`);
}
