import { isAbsolute, posix } from "node:path";
import type { HostConfigRequest, MountRequest } from "../../engine/engine-types.ts";
import { toTaskDirs } from "../../task/index.ts";
import type { OptionPath } from "../options/fields.ts";
import { type BindSource, planBindSource } from "./bind-source.ts";
import { checkPropagation, planMount } from "./mount-block.ts";
import type { PlannedFile } from "./network.ts";
import { type Planning, refuse } from "./planning.ts";

/** Everything that is mounted into the container, and which host paths of it may change until then. */
export interface PlannedMounts {
  readonly host: Pick<HostConfigRequest, "Binds" | "Mounts" | "VolumeDriver">;
  readonly sharedSources: readonly string[];
}

/** Plans the mounts of the `config` block, of the host, and of the task's folders. */
export function planMounts(planning: Planning, files: readonly PlannedFile[]): PlannedMounts {
  const { task, options } = planning;
  const own = planTaskFolders(planning);
  const volumes = options.volumes.flatMap((volume, index) => planVolume(planning, volume, index));
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
  checkTargets(planning, [...own.targets, ...hosts.map(({ Target }) => Target)]);
  const mounts = [...own.mounts, ...listed.map(({ request }) => request), ...hosts, ...written];
  const sources = [...volumes, ...listed].map(({ source }) => source);
  return {
    host: {
      Binds: [...own.binds, ...volumes.map(({ bind }) => bind)],
      ...(mounts.length > 0 && { Mounts: mounts }),
      ...planVolumeDriver(planning),
    },
    sharedSources: sources.flatMap((source) => (source?.shared ? [source.path] : [])),
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
function planTaskFolders(planning: Planning) {
  const { task, agent, files } = planning;
  const dirs = toTaskDirs(task);
  const alloc = task.env.NOMAD_ALLOC_DIR ?? "/alloc";
  const folders = [
    { source: dirs.sharedAllocDir, target: alloc, readonly: false },
    { source: dirs.localDir, target: task.env.NOMAD_TASK_DIR ?? "/local", readonly: false },
    { source: dirs.secretsDir, target: task.env.NOMAD_SECRETS_DIR ?? "/secrets", readonly: false },
    { source: `${dirs.sharedAllocDir}/logs`, target: `${alloc}/logs`, readonly: true },
  ];
  const label = agent.volumes.selinuxlabel || undefined;
  const binds: string[] = [];
  const mounts: MountRequest[] = [];
  const realAllocDir = files.realPath(task.allocDir);
  for (const { source, target, readonly } of folders) {
    checkFolder(planning, source, realAllocDir);
    const mode = [readonly ? "ro" : undefined, label].filter((part) => part !== undefined).join(",");
    if (source.includes(":")) mounts.push(toBindMount(source, target, readonly));
    else binds.push(mode === "" ? `${source}:${target}` : `${source}:${target}:${mode}`);
  }
  return { binds, mounts, targets: folders.map(({ target }) => target) };
}

/** A container that has the task's folder mounted may have put a link to elsewhere in one's place. */
function checkFolder({ task, files, problems }: Planning, folder: string, realAllocDir: string): void {
  const expected = realAllocDir + folder.slice(task.allocDir.length);
  const real = files.realPath(folder);
  if (real === expected) return;
  problems.push({ path: [], message: `the task's folder ${folder} is no folder but a link to ${real}` });
}

function toBindMount(source: string, target: string, readonly: boolean): MountRequest {
  return { Type: "bind", Source: source, Target: target, ReadOnly: readonly };
}

interface PlannedVolume {
  readonly bind: string;
  /** Undefined for a named volume. */
  readonly source: BindSource | undefined;
}

/** One `src:dst[:mode]`; with a volume driver `src` is a volume's name, otherwise a path. */
function planVolume(planning: Planning, volume: string, index: number): readonly PlannedVolume[] {
  const path = ["volumes", index];
  const [written = "", target = "", mode] = volume.split(":");
  const named = planning.options.volume_driver !== undefined && !isAbsolute(written);
  const source = named ? undefined : planBindSource(planning, path, written);
  const from = source?.path ?? written;
  if (from.includes(":")) {
    refuse(planning, path, `the path ${from} has a colon`, "Use a mount block for it.");
    return [];
  }
  const modes = mode?.split(",") ?? [];
  for (const one of modes) checkPropagation(planning, path, one);
  const label = named || modes.some((one) => /^z$/i.test(one)) ? "" : planning.agent.volumes.selinuxlabel;
  const set = [...modes, ...(label ? [label] : [])];
  const inside = posix.resolve("/", target);
  return [{ bind: [from, inside, ...(set.length > 0 ? [set.join(",")] : [])].join(":"), source }];
}

/** Two things cannot be at one place in the container. */
function checkTargets(planning: Planning, taken: readonly string[]): void {
  const { volumes, mount, mounts } = planning.options;
  const wanted: readonly { path: OptionPath; target: string }[] = [
    ...volumes.map((volume, index) => ({ path: ["volumes", index], target: volume.split(":")[1] ?? "" })),
    ...mount.map(({ target = "" }, index) => ({ path: ["mount", index, "target"], target })),
    ...mounts.map(({ target = "" }, index) => ({ path: ["mounts", index, "target"], target })),
  ];
  const seen = new Map(
    taken.map((target) => [posix.resolve("/", target), "the task's own folder or volume"]),
  );
  for (const { path, target } of wanted) {
    if (target === "") continue;
    const place = posix.resolve("/", target);
    const holder = place === "/" ? "the container's root" : seen.get(place);
    if (holder !== undefined) refuse(planning, path, `"${place}" is taken by ${holder}`);
    seen.set(place, path.join("."));
  }
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
