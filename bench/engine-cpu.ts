import { readdir, readFile, readlink } from "node:fs/promises";

const tickMs = 10;

/**
 * CPU time in milliseconds that an engine has used so far: its own, its containerd's, and that of the shims of some
 * containers. The engine must be on this machine, and its processes readable.
 */
export async function engineCpuMs(socket: string, containerIds: readonly string[]): Promise<number> {
  const processes = await listProcesses();
  const engine = await findListener(socket, processes);
  const isShim = ({ command }: Process) => containerIds.some((id) => command.includes(id));
  const own = processes.filter((each) => each.pid === engine || each.parent === engine || isShim(each));
  return own.reduce((total, { cpuMs }) => total + cpuMs, 0);
}

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
  readonly cpuMs: number;
}

async function listProcesses(): Promise<readonly Process[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(pids.map(readProcess));
  return found.filter((each) => each !== undefined);
}

/** Undefined when it has just ended. Source: proc_pid_stat(5). */
async function readProcess(pid: string): Promise<Process | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8");
    const cpuMs = (Number(fields[11]) + Number(fields[12])) * tickMs;
    return { pid: Number(pid), parent: Number(fields[1]), command, cpuMs };
  } catch {
    return undefined;
  }
}

async function findListener(socket: string, processes: readonly Process[]): Promise<number> {
  const lines = (await readFile("/proc/net/unix", "utf8")).split("\n");
  const paths = new Set([socket, socket.replace(/^\/var\/run\//, "/run/")]);
  const inodes = new Set(
    lines
      .map((line) => line.split(/\s+/))
      .filter(([, , , , , , , path = ""]) => paths.has(path))
      .map(([, , , , , , inode]) => `socket:[${inode}]`),
  );
  for (const { pid } of processes.filter(({ command }) => command.includes("dockerd"))) {
    for (const fd of await readdir(`/proc/${pid}/fd`)) {
      if (inodes.has(await readlink(`/proc/${pid}/fd/${fd}`).catch(() => ""))) return pid;
    }
  }
  throw new Error(`no dockerd of this machine listens at ${socket}`);
}
