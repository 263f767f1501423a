import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import type { ServerCredentials } from "@grpc/grpc-js";
import type { Server } from "nice-grpc";
import { errorMessage, LongshoreError } from "../task/index.ts";
import type { HostWishes, ListenAddress } from "./handshake.ts";
import { toFolderPrefix, toSocketPath } from "./stale-sockets.ts";

/** The kernel's limit for a socket's path, without its closing zero. */
const longestSocketPath = 107;

/** Where a server listens, until it is disposed. */
export interface Listening extends Disposable {
  readonly address: ListenAddress;
}

/**
 * Listens on a unix socket in a folder of its own, or where the host asks for TCP on a port of the loopback address.
 * Rejects with `invalid` where the socket cannot be had: everybody on the machine can reach a port, and who reaches it
 * is as good as root.
 */
export async function listen(
  server: Server,
  wishes: HostWishes,
  credentials: ServerCredentials,
): Promise<Listening> {
  return wishes.asksTcp
    ? await listenOnPort(server, wishes, credentials)
    : await listenOnSocket(server, makeSocketFolder(wishes), wishes, credentials);
}

/** Where the host wants sockets to be; without a wish where temporary files are, if sockets' short paths allow. */
export function toSocketDir({ socketDir }: HostWishes): string {
  return socketDir ?? (isShortEnough(tmpdir()) ? tmpdir() : "/tmp");
}

function isShortEnough(dir: string): boolean {
  return Buffer.byteLength(toSocketPath(`${toFolderPrefix(dir)}XXXXXX`)) <= longestSocketPath;
}

/** A folder that only this user may enter. */
function makeSocketFolder(wishes: HostWishes): string {
  const dir = toSocketDir(wishes);
  const variable = wishes.socketDir === undefined ? "TMPDIR" : "PLUGIN_UNIX_SOCKET_DIR";
  const hint = `Name a folder with a short path by ${variable} in the agent's environment.`;
  if (!isShortEnough(dir)) {
    throw new LongshoreError("invalid", `the path of ${dir} is too long for the plugin's socket`, { hint });
  }
  try {
    return mkdtempSync(toFolderPrefix(dir));
  } catch (cause) {
    const message = `there can be no socket of the plugin in ${dir}: ${errorMessage(cause)}`;
    throw new LongshoreError("invalid", message, { hint, cause });
  }
}

async function listenOnSocket(
  server: Server,
  folder: string,
  { socketGroup }: HostWishes,
  credentials: ServerCredentials,
): Promise<Listening> {
  const path = toSocketPath(folder);
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    await server.listen(`unix:${path}`, credentials);
    if (socketGroup !== undefined) openToGroup(folder, path, socketGroup);
  } catch (error) {
    remove();
    throw error;
  }
  return { address: { network: "unix", path }, [Symbol.dispose]: remove };
}

function openToGroup(folder: string, path: string, group: string): void {
  const gid = findGroup(group);
  for (const [name, mode] of [
    [folder, 0o750],
    [path, 0o660],
  ] as const) {
    chownSync(name, -1, gid);
    chmodSync(name, mode);
  }
}

function findGroup(group: string): number {
  if (/^\d+$/.test(group)) return Number(group);
  const line = findGroupLine(group);
  const gid = Number(line?.split(":")[2]);
  if (line !== undefined && Number.isInteger(gid)) return gid;
  throw new LongshoreError(
    "invalid",
    `PLUGIN_UNIX_SOCKET_GROUP: there is no group "${group}" on this machine`,
  );
}

function findGroupLine(group: string): string | undefined {
  const local = readFileSync("/etc/group", "utf8").split("\n");
  const found = local.find((line) => line.startsWith(`${group}:`));
  if (found !== undefined) return found;
  try {
    // Groups of a directory service.
    return execFileSync("getent", ["group", group], { encoding: "utf8" });
  } catch {
    return undefined;
  }
}

async function listenOnPort(
  server: Server,
  { ports }: HostWishes,
  credentials: ServerCredentials,
): Promise<Listening> {
  const host = "127.0.0.1";
  let failure: unknown;
  for (let port = ports.min; port <= ports.max; port++) {
    try {
      const bound = await server.listen(`${host}:${port}`, credentials);
      return { address: { network: "tcp", host, port: bound }, [Symbol.dispose]: () => undefined };
    } catch (error) {
      failure = error;
    }
  }
  throw new LongshoreError("conflict", `no port from ${ports.min} to ${ports.max} is free on ${host}`, {
    cause: failure,
  });
}
