import type { OptionProblem } from "../../task/index.ts";
import type { TaskOptions } from "./task-options.ts";

type Mount = TaskOptions["mount"][number];

/** What keys of one `config` block say against one another. */
export function findConflicts(options: TaskOptions): readonly OptionProblem[] {
  return [
    ...findPullConflicts(options),
    ...findHealthConflicts(options),
    ...findNameConflicts(options),
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
  if (logging.type !== undefined && logging.driver !== undefined && logging.type !== logging.driver) {
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

function findMountConflicts(mount: Mount, path: OptionProblem["path"]): readonly OptionProblem[] {
  const { name, options } = mount.volume_options.driver_config;
  const found: OptionProblem[] = [];
  if (mount.type === "tmpfs" && mount.source) {
    found.push(conflict([...path, "source"], "must not be set for a tmpfs"));
  }
  if ((mount.type === "bind" || mount.type === "image") && !mount.source) {
    found.push(conflict([...path, "source"], `is required for a mount of type ${mount.type}`));
  }
  if (name === undefined && Object.keys(options).length > 0) {
    const driverName = [...path, "volume_options", "driver_config", "name"];
    found.push(conflict(driverName, "is required where there are options"));
  }
  return found;
}

function conflict(path: OptionProblem["path"], message: string, hint?: string): OptionProblem {
  return { path, message, hint };
}
