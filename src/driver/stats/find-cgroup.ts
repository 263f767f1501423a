import type { KernelFiles } from "./kernel-files.ts";

/** Where the kernel counts what a container uses: one folder (v2), or one for each controller (v1). */
export type Cgroup =
  | { readonly version: 2; readonly folder: string }
  | {
      readonly version: 1;
      readonly cpu: string;
      readonly cpuacct: string;
      readonly memory: string;
      readonly blkio: string | undefined;
    };

interface Mount {
  readonly root: string;
  readonly point: string;
  /** Empty for v2. */
  readonly controllers: readonly string[];
}

/**
 * The cgroup of a container by the pid of one of its processes, whichever layout the engine uses (cgroupfs,
 * systemd, under another parent). Undefined when the process is none of the container's (the engine runs on another
 * machine, or in another pid namespace, and its pids mean nothing here), or when its cgroup cannot be seen from here.
 */
export function findCgroup(files: KernelFiles, pid: number, containerId: string): Cgroup | undefined {
  const paths = readPaths(files, pid, containerId);
  const mounts = parseMounts(files.read("/proc/self/mountinfo") ?? "");
  const find = (controller: string) => toFolder(mounts, paths, controller);
  const [cpu, cpuacct, memory] = [find("cpu"), find("cpuacct"), find("memory")];
  if (cpu !== undefined && cpuacct !== undefined && memory !== undefined) {
    return { version: 1, cpu, cpuacct, memory, blkio: find("blkio") };
  }
  const folder = find("");
  return folder === undefined ? undefined : { version: 2, folder };
}

/** Whether a process is one of the container's, as far as this machine's kernel knows. */
export function isOfContainer(files: KernelFiles, pid: number, containerId: string): boolean {
  return readPaths(files, pid, containerId).size > 0;
}

/** Controller (empty for v2) -> the container's path in its hierarchy. A container's id is in its path, whole. */
function readPaths(files: KernelFiles, pid: number, containerId: string): ReadonlyMap<string, string> {
  const paths = new Map<string, string>();
  for (const line of (files.read(`/proc/${pid}/cgroup`) ?? "").split("\n")) {
    const [, controllers = "", path = ""] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    const at = path.indexOf(containerId);
    if (containerId === "" || at < 0) continue;
    // The process may have made a cgroup of its own below.
    const end = path.indexOf("/", at);
    for (const name of controllers.split(",")) paths.set(name, end < 0 ? path : path.slice(0, end));
  }
  return paths;
}

/** Source: proc_pid_mountinfo(5). */
function parseMounts(mountinfo: string): readonly Mount[] {
  return mountinfo.split("\n").flatMap((line) => {
    const [before = "", after = ""] = line.split(" - ");
    const [, , , root = "", point = ""] = before.split(" ");
    const [type, , options = ""] = after.split(" ");
    if (type === "cgroup2") return [{ root, point, controllers: [""] }];
    return type === "cgroup" ? [{ root, point, controllers: options.split(",") }] : [];
  });
}

function toFolder(
  mounts: readonly Mount[],
  paths: ReadonlyMap<string, string>,
  controller: string,
): string | undefined {
  const path = paths.get(controller);
  const mount = mounts.find(({ controllers }) => controllers.includes(controller));
  // A path that leads up is above this process's own cgroup namespace, where nothing is mounted.
  if (path === undefined || mount === undefined || path.startsWith("/../")) return undefined;
  if (mount.root === "/") return `${mount.point}${path}`;
  // Only a part of the hierarchy is mounted here.
  return path.startsWith(`${mount.root}/`) ? `${mount.point}${path.slice(mount.root.length)}` : undefined;
}
