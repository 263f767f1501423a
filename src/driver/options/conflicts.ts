import type { OptionProblem } from "../../task/index.ts";
import { volumeName } from "./checks.ts";
import type { TaskOptions } from "./task-options.ts";
import { isReference } from "./values.ts";

type Mount = TaskOptions["mount"][number];

/** What keys of one `config` block say against one another. */
export function findConflicts(options: TaskOptions): readonly OptionProblem[] {
  return [
    ...findPullConflicts(options),
    ...findHealthConflicts(options),
    ...findNameConflicts(options),
    ...findSysctlConflicts(options),
    ...findVolumeConflicts(options),
    ...options.mount.flatMap((mount, index) => findMountConflicts(mount, ["mount", index])),
    ...options.mounts.flatMap((mount, index) => findMountConflicts(mount, ["mounts", index])),
  ];
}

function findPullConflicts({ force_pull, pull_policy, load }: TaskOptions): readonly OptionProblem[] {
  if (force_pull && pull_policy !== undefined && pull_policy !== "always") {
    return [
      conflict(["pull_policy"], `"${pull_policy}" contradicts force_pull`, "Leave one of the two out."),
    ];
  }
  if (load !== undefined && pull_policy === "always") {
    return [conflict(["pull_policy"], '"always" contradicts load, which takes the place of a pull')];
  }
  return [];
}

function findHealthConflicts({ healthcheck, healthchecks }: TaskOptions): readonly OptionProblem[] {
  if (!healthchecks.disable || Object.values(healthcheck).every((value) => value === undefined)) return [];
  return [conflict(["healthcheck"], "contradicts healthchecks.disable", "Leave one of the two out.")];
}

function findNameConflicts({ auth, hostname, logging, ports, uts_mode }: TaskOptions) {
  const found: OptionProblem[] = [];
  if (auth.username === undefined && auth.password !== undefined) {
    found.push(conflict(["auth", "username"], "is required beside a password"));
  }
  const drivers = [logging.type, logging.driver].filter((name) => name !== undefined && !isReference(name));
  if (drivers.length === 2 && logging.type !== logging.driver) {
    found.push(conflict(["logging", "driver"], `"${logging.driver}" contradicts type "${logging.type}"`));
  }
  if (uts_mode === "host" && hostname !== undefined) {
    found.push(conflict(["hostname"], 'cannot be set with uts_mode "host", which is the host\'s own name'));
  }
  ports.forEach((label, index) => {
    if (ports.indexOf(label) < index) found.push(conflict(["ports", index], `"${label}" stands there twice`));
  });
  return found;
}

/** Which parameters go with which namespace; where that is the host's, they are the host's too. */
const namespaces = [
  { key: "network_mode", names: /^net\./ },
  { key: "ipc_mode", names: /^(fs\.mqueue|kernel\.(msg|sem|shm))/ },
  { key: "uts_mode", names: /^kernel\.(domainname|hostname)$/ },
] as const;

function findSysctlConflicts(options: TaskOptions): readonly OptionProblem[] {
  return Object.keys(options.sysctl).flatMap((name) => {
    const namespace = namespaces.find(({ names }) => names.test(name.replaceAll("/", ".")));
    if (namespace === undefined || options[namespace.key] !== "host") return [];
    return [conflict(["sysctl", name], `is the host's own with ${namespace.key} "host"`)];
  });
}

function findVolumeConflicts({ volumes, volume_driver }: TaskOptions): readonly OptionProblem[] {
  if (volume_driver !== undefined) return [];
  return volumes.flatMap((volume, index) => {
    const modes = volume.split(":")[2]?.split(",") ?? [];
    if (!modes.includes("nocopy")) return [];
    return [conflict(["volumes", index], '"nocopy" is for volumes of a volume_driver, not for paths')];
  });
}

function findMountConflicts(mount: Mount, path: OptionProblem["path"]): readonly OptionProblem[] {
  const { name, options } = mount.volume_options.driver_config;
  const found: OptionProblem[] = [];
  if (mount.type === "tmpfs" && mount.source) {
    found.push(conflict([...path, "source"], "must not be set for a tmpfs"));
  }
  if ((mount.type === "bind" || mount.type === "image") && !mount.source) {
    found.push(conflict([...path, "source"], `is required for a mount of type ${mount.type}`));
  }
  // Other drivers have names of their own.
  const isLocal = mount.type === "volume" && (name === undefined || name === "local");
  const named = isLocal && mount.source && !isReference(mount.source) ? volumeName(mount.source) : undefined;
  if (typeof named === "string") found.push(conflict([...path, "source"], named));
  if (name === undefined && Object.keys(options).length > 0) {
    const driverName = [...path, "volume_options", "driver_config", "name"];
    found.push(conflict(driverName, "is required where there are options"));
  }
  return found;
}

function conflict(path: OptionProblem["path"], message: string, hint?: string): OptionProblem {
  return { path, message, hint };
}
