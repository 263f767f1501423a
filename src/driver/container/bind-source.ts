import { isAbsolute, resolve } from "node:path";
import type { OptionPath } from "../options/fields.ts";
import { type Planning, realPath, refuse } from "./planning.ts";

/** A host path that a container mounts. */
export interface BindSource {
  /** Absolute, without symbolic links. */
  readonly path: string;
  /** Other containers of the group may change what the path leads to until it is mounted. */
  readonly shared: boolean;
}

/**
 * The host path that a bind mount means, symbolic links resolved before it is judged and the resolved path used: one
 * in the task's own folder or in the group's shared one is always allowed, any other only with the agent's
 * `volumes.enabled`.
 */
export function planBindSource(planning: Planning, path: OptionPath, source: string): BindSource {
  const { task, files, agent } = planning;
  const real = realPath(planning, path, resolve(task.allocDir, task.name, source));
  if (agent.volumes.enabled) return { path: real, shared: false };
  const allocDir = files.realPath(task.allocDir);
  const shared = `${allocDir}/alloc`;
  if (!isInside(`${allocDir}/${task.name}`, real) && !isInside(shared, real)) {
    const shown = isAbsolute(source) ? `"${source}"` : `"${source}" (${real})`;
    const hint =
      "Use a path in the task's folder or in ../alloc, or set volumes.enabled in the docker driver's options.";
    refuse(planning, path, `volumes are not enabled; cannot mount host path ${shown}`, hint);
  } else if (files.kindOf(real) === "device") {
    refuse(planning, path, `"${source}" is a device`, "Give the task a device by a devices block.");
  }
  return { path: real, shared: real !== shared && isInside(shared, real) };
}

/** Whether `path` is `folder` or lies in it; both absolute and normal. */
export function isInside(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder === "/" ? "/" : `${folder}/`);
}
