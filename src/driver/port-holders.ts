import { readdir, readFile, readlink } from "node:fs/promises";
import type { Engine } from "../engine/index.ts";
import type { PublishedPort } from "./container/ports.ts";

/** Someone who has a port of the host. */
export interface PortHolder {
  readonly port: PublishedPort;
  readonly protocol: "tcp" | "udp";
  /** `container "web"`, `nginx (pid 812)`, or `another program`. */
  readonly who: string;
}

/**
 * The first of the ports that is in use, and by whom, as far as the engine's containers and this machine's
 * processes tell. Lists containers, so it is for errors only.
 */
export async function findPortHolder(
  engine: Engine,
  ports: readonly PublishedPort[],
): Promise<PortHolder | undefined> {
  if (ports.length === 0) return undefined;
  return (await findContainer(engine, ports)) ?? (await findProgram(engine, ports));
}

async function findContainer(
  engine: Engine,
  ports: readonly PublishedPort[],
): Promise<PortHolder | undefined> {
  const containers = await engine.listContainers();
  for (const container of containers) {
    const byProtocol = [...container.Ports].sort((one, other) => one.Type.localeCompare(other.Type));
    for (const { IP = "", PublicPort, Type } of byProtocol) {
      const port = ports.find((wanted) => wanted.hostPort === PublicPort && overlap(wanted.hostIp, IP));
      if (port === undefined) continue;
      const name = container.Names[0]?.replace(/^\//, "") ?? container.Id.slice(0, 12);
      return { port, protocol: Type === "udp" ? "udp" : "tcp", who: `container "${name}"` };
    }
  }
  return undefined;
}

async function findProgram(engine: Engine, ports: readonly PublishedPort[]): Promise<PortHolder | undefined> {
  if (!engine.endpoint.startsWith("unix://")) return undefined;
  for (const protocol of ["tcp", "udp"] as const) {
    for (const socket of await readSockets(protocol)) {
      const port = ports.find(
        (wanted) => wanted.hostPort === socket.port && overlap(wanted.hostIp, socket.ip),
      );
      if (port !== undefined) return { port, protocol, who: await findOwner(socket.inode) };
    }
  }
  return undefined;
}

interface BoundSocket {
  readonly ip: string;
  readonly port: number;
  readonly inode: string;
}

async function readSockets(protocol: "tcp" | "udp"): Promise<readonly BoundSocket[]> {
  const tables = [protocol, `${protocol}6`].map((name) =>
    readFile(`/proc/net/${name}`, "utf8").catch(() => ""),
  );
  return (await Promise.all(tables)).flatMap((table) => parseSockets(table, protocol));
}

/** The listening sockets of a `/proc/net/tcp` or `udp` table. */
export function parseSockets(table: string, protocol: "tcp" | "udp"): readonly BoundSocket[] {
  // Socket states of the kernel: listening for TCP, bound and not connected for UDP.
  const state = protocol === "tcp" ? "0A" : "07";
  return table.split("\n").flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const [address = "", port = ""] = (fields[1] ?? "").split(":");
    if (fields[3] !== state) return [];
    return [{ ip: parseAddress(address), port: Number.parseInt(port, 16), inode: fields[9] ?? "" }];
  });
}

/** IPv4 is written as one little-endian number; of IPv6 only `::` and mapped IPv4 are told apart. */
function parseAddress(hex: string): string {
  if (/^0+$/.test(hex)) return "0.0.0.0";
  const mapped = /^0{16}FFFF0000([0-9A-F]{8})$/i.exec(hex)?.[1] ?? (hex.length === 8 ? hex : undefined);
  if (mapped === undefined) return "::1";
  return [6, 4, 2, 0].map((at) => Number.parseInt(mapped.slice(at, at + 2), 16)).join(".");
}

function overlap(wanted: string, held: string): boolean {
  const any = ["", "0.0.0.0", "::"];
  return wanted === held || any.includes(wanted) || any.includes(held);
}

async function findOwner(inode: string): Promise<string> {
  const pids = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  for (const pid of pids) {
    for (const fd of await readdir(`/proc/${pid}/fd`).catch(() => [])) {
      const link = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => "");
      if (link !== `socket:[${inode}]`) continue;
      const name = (await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "a program")).trim();
      return `${name} (pid ${pid})`;
    }
  }
  return "another program";
}
