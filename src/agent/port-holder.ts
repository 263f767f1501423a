import { readdir, readFile, readlink } from "node:fs/promises";

/** A program that holds a port. */
export interface PortHolder {
  readonly pid: number;
  readonly program: string;
}

/** A bound socket in /proc/net. */
export interface BoundSocket {
  readonly port: number;
  readonly inode: string;
}

const tables = ["tcp", "tcp6", "udp", "udp6"] as const;
const listening = "0A";

/**
 * Which process holds a host port, TCP or UDP. Undefined when the system does not tell: not Linux, no such
 * socket, or a process that only root may look at.
 */
export async function findPortHolder(port: number): Promise<PortHolder | undefined> {
  const inodes = new Set((await boundSockets()).filter((socket) => socket.port === port).map(toLink));
  if (inodes.size === 0) return undefined;
  for (const pid of await readdir("/proc").catch(() => [])) {
    if (/^\d+$/.test(pid) && (await holdsAny(pid, inodes)))
      return { pid: Number(pid), program: await readProgram(pid) };
  }
  return undefined;
}

/** Whether any socket of this machine is bound to the port, whoever owns it. */
export async function isPortBound(port: number): Promise<boolean> {
  return (await boundSockets()).some((socket) => socket.port === port);
}

/** `"nginx" (pid 12)`; names Docker's proxy for what it is: another container. */
export function describePortHolder(holder: PortHolder | undefined): string {
  if (holder === undefined) return "another program";
  const whose = holder.program === "docker-proxy" ? ", that is by another container" : "";
  return `"${holder.program}" (pid ${holder.pid})${whose}`;
}

/** The bound sockets in the text of /proc/net/tcp, tcp6, udp or udp6; of TCP's only those that listen. */
export function parseBoundSockets(text: string, protocol: "tcp" | "udp"): readonly BoundSocket[] {
  return text
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields.length > 9 && (protocol === "udp" || fields[3] === listening))
    .map((fields) => ({
      port: Number.parseInt(fields[1]?.split(":").at(-1) ?? "", 16),
      inode: fields[9] ?? "",
    }));
}

async function boundSockets(): Promise<readonly BoundSocket[]> {
  const read = tables.map(async (table) => {
    const text = await readFile(`/proc/net/${table}`, "utf8").catch(() => "");
    return parseBoundSockets(text, table.startsWith("tcp") ? "tcp" : "udp");
  });
  return (await Promise.all(read)).flat();
}

function toLink(socket: BoundSocket): string {
  return `socket:[${socket.inode}]`;
}

async function holdsAny(pid: string, links: ReadonlySet<string>): Promise<boolean> {
  const folder = `/proc/${pid}/fd`;
  const descriptors = await readdir(folder).catch(() => []);
  const targets = descriptors.map((descriptor) => readlink(`${folder}/${descriptor}`).catch(() => ""));
  return (await Promise.all(targets)).some((target) => links.has(target));
}

async function readProgram(pid: string): Promise<string> {
  return (await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "unknown")).trim();
}
