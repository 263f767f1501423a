import { isAbsolute, posix } from "node:path";
import type { HostConfigRequest, MountRequest } from "../../engine/engine-types.ts";
import { toTaskDirs } from "../../task/index.ts";
import type { TaskOptions } from "../options/task-options.ts";
import { planBindSource } from "./bind-source.ts";
import type { PlannedFile } from "./network.ts";
import { type Planning, refuse } from "./planning.ts";

/** Everything that is mounted into the container. */
export function planMounts(
  planning: Planning,
  files: readonly PlannedFile[],
): Pick<HostConfigRequest, "Binds" | "Mounts" | "VolumeDriver"> {
  const { task, options } = planning;
  const own = planTaskFolders(planning);
  const volumes = options.volumes.map((volume, index) => planVolume(planning, volume, index));
  const listed = [
    ...options.mount.map((mount, index) => planMount(planning, mount, ["mount", index])),
    ...options.mounts.map((mount, index) => planMount(planning, mount, ["mounts", index])),
  ];
  const hosts: readonly MountRequest[] = task.mounts.map((mount) => ({
    Type: "bind",
    Target: mount.taskPath,
    Source: mount.hostPath,
    ReadOnly: mount.readonly,
    ...(mount.propagationMode && { BindOptions: { Propagation: toPropagation(mount.propagationMode) } }),
  }));
  const written = files.map((file) => toBindMount(file.hostPath, file.taskPath, false));
  const mounts = [...own.mounts, ...listed, ...hosts, ...written];
  return {
    Binds: [...own.binds, ...volumes.flat()],
    ...(mounts.length > 0 && { Mounts: mounts }),
    ...planVolumeDriver(planning),
  };
}

function planVolumeDriver(planning: Planning): Pick<HostConfigRequest, "VolumeDriver"> {
  const driver = planning.options.volume_driver;
  if (driver === undefined) return {};
  if (!planning.agent.volumes.enabled) {
    refuse(planning, ["volume_driver"], "needs volumes.enabled in the docker driver's options");
  }
  return { VolumeDriver: driver };
}

/** The allocation's folders; a path with a colon cannot be said in a bind and becomes a mount. */
function planTaskFolders({ task, agent }: Planning) {
  const dirs = toTaskDirs(task);
  const alloc = task.env.NOMAD_ALLOC_DIR ?? "/alloc";
  const folders = [
    { source: dirs.sharedAllocDir, target: alloc, readonly: false },
    { source: dirs.localDir, target: task.env.NOMAD_TASK_DIR ?? "/local", readonly: false },
    { source: dirs.secretsDir, target: task.env.NOMAD_SECRETS_DIR ?? "/secrets", readonly: false },
    { source: `${dirs.sharedAllocDir}/logs`, target: `${alloc}/logs`, readonly: true },
  ];
  const label = agent.volumes.selinuxlabel;
  const binds: string[] = [];
  const mounts: MountRequest[] = [];
  for (const { source, target, readonly } of folders) {
    const mode = [readonly ? "ro" : undefined, label].filter((part) => part !== undefined).join(",");
    if (source.includes(":")) mounts.push(toBindMount(source, target, readonly));
    else binds.push(mode === "" ? `${source}:${target}` : `${source}:${target}:${mode}`);
  }
  return { binds, mounts };
}

function toBindMount(source: string, target: string, readonly: boolean): MountRequest {
  return { Type: "bind", Source: source, Target: target, ReadOnly: readonly };
}

/** One `src:dst[:mode]`; with a volume driver `src` is a volume's name, otherwise a path. */
function planVolume(planning: Planning, volume: string, index: number): readonly string[] {
  const path = ["volumes", index];
  const [source = "", target = "", mode] = volume.split(":");
  const named = planning.options.volume_driver !== undefined && !isAbsolute(source);
  const real = named ? source : planBindSource(planning, path, source);
  if (real.includes(":")) {
    refuse(planning, path, `the path ${real} has a colon`, "Use a mount block for it.");
    return [];
  }
  const label = planning.agent.volumes.selinuxlabel;
  const modes = [mode, named || mode?.split(",").some((part) => /^z$/i.test(part)) ? undefined : label];
  const set = modes.filter((part) => part !== undefined);
  const inside = posix.resolve("/", target);
  return [set.length === 0 ? `${real}:${inside}` : `${real}:${inside}:${set.join(",")}`];
}

type MountOptions = TaskOptions["mount"][number];

function planMount(
  planning: Planning,
  mount: MountOptions,
  path: readonly (string | number)[],
): MountRequest {
  const base = { Target: mount.target ?? "", ReadOnly: mount.readonly };
  noteUnused(planning, mount, path);
  switch (mount.type) {
    case "bind":
      return { ...base, Type: "bind", ...planBind(planning, mount, path) };
    case "tmpfs":
      if (mount.source) refuse(planning, [...path, "source"], "must not be set for a tmpfs");
      return { ...base, Type: "tmpfs", TmpfsOptions: toTmpfs(mount) };
    default:
      if (!planning.agent.volumes.enabled) {
        const hint = "Set volumes.enabled in the docker driver's options.";
        refuse(planning, path, `volumes are not enabled; cannot mount volume "${mount.source ?? ""}"`, hint);
      }
      return {
        ...base,
        Type: "volume",
        ...(mount.source && { Source: mount.source }),
        VolumeOptions: toVolumeOptions(planning, mount, path),
      };
  }
}

/** Options of another type of mount mean nothing; that is said, since Nomad takes such files. */
function noteUnused(planning: Planning, mount: MountOptions, path: readonly (string | number)[]): void {
  const set = {
    bind: mount.bind_options.propagation !== undefined,
    tmpfs: Object.values(mount.tmpfs_options).some((value) => value !== undefined),
    volume: mount.volume_options.no_copy || mount.volume_options.driver_config.name !== undefined,
  };
  for (const [type, isSet] of Object.entries(set)) {
    if (!isSet || type === mount.type) continue;
    planning.notes.push(`${path.join(".")}: ${type}_options have no effect on a mount of type ${mount.type}`);
  }
}

function planBind(planning: Planning, mount: MountOptions, path: readonly (string | number)[]) {
  const propagation = mount.bind_options.propagation;
  if (!mount.source) refuse(planning, [...path, "source"], "is required for a bind mount");
  return {
    Source: planBindSource(planning, [...path, "source"], mount.source ?? ""),
    ...(propagation !== undefined && { BindOptions: { Propagation: propagation } }),
  };
}

function toTmpfs(mount: MountOptions) {
  const { size, mode } = mount.tmpfs_options;
  return { ...(size !== undefined && { SizeBytes: size }), ...(mode !== undefined && { Mode: mode }) };
}

function toVolumeOptions(planning: Planning, mount: MountOptions, path: readonly (string | number)[]) {
  const { no_copy, labels, driver_config } = mount.volume_options;
  const { name, options } = driver_config;
  if (name === undefined && Object.keys(options).length > 0) {
    refuse(
      planning,
      [...path, "volume_options", "driver_config", "name"],
      "is required where there are options",
    );
  }
  return {
    NoCopy: no_copy,
    ...(Object.keys(labels).length > 0 && { Labels: labels }),
    ...(name !== undefined && { DriverConfig: { Name: name, Options: options } }),
  };
}

/** Nomad's names of how mounts spread, and Docker's. */
function toPropagation(mode: string): string {
  const names: Readonly<Record<string, string>> = {
    private: "rprivate",
    "host-to-task": "rslave",
    bidirectional: "rshared",
  };
  return names[mode] ?? mode;
}
