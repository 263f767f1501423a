import { isAbsolute, resolve } from "node:path";
import type { OptionPath } from "../options/fields.ts";
import { type Planning, realPath, refuse } from "./planning.ts";

/** A host path that a container mounts. */
export interface BindSource {
  /** Absolute, without symbolic links. */
  readonly path: string;
  /** Containers of the group may change what the path leads to until it is mounted. */
  readonly shared: boolean;
}

/**
 * The host path that a bind mount means, symbolic links resolved before it is judged and the resolved path used: one
 * in the task's own folder, in the group's shared one, or in what another task of the group has that is not private is
 * always allowed, any other only with the agent's `volumes.enabled`.
 */
export function planBindSource(planning: Planning, path: OptionPath, source: string): BindSource {
  const { task, files, agent } = planning;
  const real = realPath(planning, path, resolve(task.allocDir, task.name, source));
  if (agent.volumes.enabled) return { path: real, shared: false };
  const inAlloc = toPartsBelow(files.realPath(task.allocDir), real);
  if (inAlloc === undefined || !isOpenTo(task.name, inAlloc)) {
    const shown = isAbsolute(source) ? `"${source}"` : `"${source}" (${real})`;
    const hint =
      "Use a path in the task's folder, in ../alloc or in another task's local folder, or set volumes.enabled in the " +
      "docker driver's options.";
    refuse(planning, path, `volumes are not enabled; cannot mount host path ${shown}`, hint);
  } else if (files.kindOf(real) === "device") {
    refuse(planning, path, `"${source}" is a device`, "Give the task a device by a devices block.");
  }
  // The folders right below the allocation's own are in no container, so that none can replace them.
  return { path: real, shared: inAlloc !== undefined && inAlloc.length > 1 };
}

/** What lies right below a task's folder and is that task's, or its driver's, alone. */
const privateFolders: ReadonlySet<string> = new Set(["secrets", "private"]);

/** Whether a task may mount a path of its allocation's folder, given as its parts below that. */
function isOpenTo(task: string, [owner, folder]: readonly string[]): boolean {
  if (owner === task || owner === "alloc") return true;
  return folder !== undefined && !folder.startsWith(".") && !privateFolders.has(folder);
}

/** The names that lead from a folder to a path in it, none for the folder itself; undefined for a path elsewhere. */
function toPartsBelow(folder: string, path: string): readonly string[] | undefined {
  return isInside(folder, path) ? path.slice(folder.length).split("/").filter(Boolean) : undefined;
}

/** Whether `path` is `folder` or lies in it; both absolute and normal. */
export function isInside(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder === "/" ? "/" : `${folder}/`);
}
