import type { MountRequest } from "../../engine/engine-types.ts";
import { compareApiVersions } from "../../engine/index.ts";
import type { OptionPath } from "../options/fields.ts";
import type { TaskOptions } from "../options/task-options.ts";
import { type BindSource, planBindSource } from "./bind-source.ts";
import { isRefused, type Planning, refuse } from "./planning.ts";

type MountOptions = TaskOptions["mount"][number];

/** A `mount` block as the engine takes it, and what it mounts of the host. */
export interface PlannedMount {
  readonly request: MountRequest;
  readonly source: BindSource | undefined;
}

/** Plans one `mount` block; what the agent does not allow or the engine does not have is refused. */
export function planMount(planning: Planning, mount: MountOptions, path: OptionPath): PlannedMount {
  const base = { Target: mount.target ?? "", ReadOnly: mount.readonly };
  noteUnused(planning, mount, path);
  switch (mount.type) {
    case "bind": {
      const source = planBindSource(planning, [...path, "source"], mount.source ?? "");
      return { request: { ...base, Type: "bind", ...toBind(planning, mount, path, source) }, source };
    }
    case "tmpfs":
      return { request: { ...base, Type: "tmpfs", TmpfsOptions: toTmpfs(mount) }, source: undefined };
    case "image":
      needsVolumes(planning, path, `image "${mount.source ?? ""}"`);
      needsEngine(planning, path, "an image mount needs", { engine: "28", api: "1.48" });
      return { request: { ...base, Type: "image", ...toImage(mount) }, source: undefined };
    default:
      needsVolumes(planning, path, `volume "${mount.source ?? ""}"`);
      return { request: { ...base, Type: "volume", ...toVolume(planning, mount, path) }, source: undefined };
  }
}

function needsVolumes(planning: Planning, path: OptionPath, what: string): void {
  // A type that is none reads as the default, and has a fault of its own.
  if (planning.agent.volumes.enabled || isRefused(planning, [...path, "type"])) return;
  const hint = "Set volumes.enabled in the docker driver's options.";
  refuse(planning, path, `volumes are not enabled; cannot mount ${what}`, hint);
}

function needsEngine(
  planning: Planning,
  path: OptionPath,
  what: string,
  needed: { readonly engine: string; readonly api: string },
): void {
  const { apiVersion } = planning.engine;
  if (apiVersion === undefined || compareApiVersions(apiVersion, needed.api) >= 0) return;
  const message = `${what} Docker Engine ${needed.engine} (API ${needed.api}); this one speaks API ${apiVersion}`;
  refuse(planning, path, message, "Update Docker, or mount a volume or a path instead.");
}

/** Options of another type of mount mean nothing; that is said, since Nomad takes such files. */
function noteUnused(planning: Planning, mount: MountOptions, path: OptionPath): void {
  const { no_copy, subpath, driver_config } = mount.volume_options;
  const set = {
    bind: mount.bind_options.propagation !== undefined,
    tmpfs: Object.values(mount.tmpfs_options).some((value) => value !== undefined),
    volume: no_copy || subpath !== undefined || driver_config.name !== undefined,
    image: mount.image_options.subpath !== undefined,
  };
  for (const [type, isSet] of Object.entries(set)) {
    if (!isSet || type === mount.type) continue;
    planning.notes.push(`${path.join(".")}: ${type}_options have no effect on a mount of type ${mount.type}`);
  }
}

function toBind(planning: Planning, mount: MountOptions, path: OptionPath, source: BindSource) {
  const { propagation } = mount.bind_options;
  if (propagation !== undefined)
    checkPropagation(planning, [...path, "bind_options", "propagation"], propagation);
  return {
    Source: source.path,
    ...(propagation !== undefined && { BindOptions: { Propagation: propagation } }),
  };
}

/** A shared mount hands what is mounted in the container on to the host. */
export function checkPropagation(planning: Planning, path: OptionPath, propagation: string): void {
  if (planning.agent.volumes.enabled || !/^r?shared$/.test(propagation)) return;
  refuse(planning, path, `"${propagation}" needs volumes.enabled in the docker driver's options`);
}

function toTmpfs(mount: MountOptions) {
  const { size, mode } = mount.tmpfs_options;
  return { ...(size !== undefined && { SizeBytes: size }), ...(mode !== undefined && { Mode: mode }) };
}

function toImage({ source, image_options: { subpath } }: MountOptions) {
  return {
    ...(source !== undefined && { Source: source }),
    ...(subpath !== undefined && { ImageOptions: { Subpath: subpath } }),
  };
}

function toVolume(planning: Planning, mount: MountOptions, path: OptionPath) {
  const { no_copy, labels, subpath, driver_config } = mount.volume_options;
  const { name, options } = driver_config;
  if (subpath !== undefined) {
    const key = [...path, "volume_options", "subpath"];
    needsEngine(planning, key, "needs", { engine: "26", api: "1.45" });
  }
  return {
    ...(mount.source && { Source: mount.source }),
    VolumeOptions: {
      NoCopy: no_copy,
      ...(Object.keys(labels).length > 0 && { Labels: labels }),
      ...(subpath !== undefined && { Subpath: subpath }),
      ...(name !== undefined && { DriverConfig: { Name: name, Options: options } }),
    },
  };
}
