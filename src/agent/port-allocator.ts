import { createSocket } from "node:dgram";
import { createServer, isIPv6 } from "node:net";
import { errorCode, LongshoreError } from "../task/index.ts";
import { describePortHolder, findPortHolder, isPortBound } from "./port-holder.ts";

export interface PortRange {
  readonly min: number;
  readonly max: number;
}

/** Hands out host ports, each to one owner at a time. */
export interface PortAllocator {
  /** A random port of the range that nothing holds, TCP and UDP. Rejects with `conflict` when there is none. */
  take(address: string, owner: string): Promise<number>;
  /** A given port. Rejects with `conflict` and who holds it when it is taken. */
  reserve(port: number, address: string, owner: string): Promise<void>;
  /** Marks a port as the owner's without a look: a container that was taken over holds it. */
  adopt(port: number, owner: string): void;
  /** Gives a port back; one that was not handed out is fine. */
  release(port: number): void;
}

export interface PortAllocatorOptions {
  readonly range: PortRange;
  /** In [0, 1). */
  readonly random: () => number;
  /** Whether TCP and UDP can be bound; replaceable so that the choice can be tested without sockets. */
  readonly isFree?: (port: number, address: string) => Promise<boolean>;
}

export function createPortAllocator({
  range,
  random,
  isFree = isPortFree,
}: PortAllocatorOptions): PortAllocator {
  const owners = new Map<number, string>();

  /** Held before the look, so that no second caller can be given the port while the look takes its time. */
  async function tryTake(port: number, address: string, owner: string): Promise<boolean> {
    if (owners.has(port)) return false;
    owners.set(port, owner);
    const free = await isFree(port, address).catch((error: unknown) => {
      owners.delete(port);
      throw error;
    });
    if (!free) owners.delete(port);
    return free;
  }

  return {
    async take(address, owner) {
      for (const port of candidates(range, random)) if (await tryTake(port, address, owner)) return port;
      throw new LongshoreError(
        "conflict",
        `no port for ${owner}: all ports from ${range.min} to ${range.max} on ${address} are taken`,
        {
          hint: "End something that holds ports, or widen the range: client { min_dynamic_port, max_dynamic_port } in the agent configuration.",
        },
      );
    },
    async reserve(port, address, owner) {
      const before = owners.get(port);
      if (before === undefined && (await tryTake(port, address, owner))) return;
      throw await portTaken(port, owner, { holder: before });
    },
    adopt: (port, owner) => void owners.set(port, owner),
    release: (port) => void owners.delete(port),
  };
}

/** The error for a port that someone has; looks for who that is unless `holder` tells. */
export async function portTaken(
  port: number,
  owner: string,
  { holder, cause }: { readonly holder?: string | undefined; readonly cause?: unknown } = {},
): Promise<LongshoreError> {
  const found = holder === undefined ? await findPortHolder(port) : undefined;
  const who = holder ?? describePortHolder(found);
  const look = found?.program === "docker-proxy" ? ` \`docker ps --filter publish=${port}\` shows it.` : "";
  return new LongshoreError("conflict", `port ${port} of ${owner} is taken by ${who}`, {
    hint: `Stop what holds the port, choose another port, or use a dynamic one.${look}`,
    cause,
    retryable: cause !== undefined,
  });
}

const randomTries = 32;

/** Some ports at random, then every port of the range once from a random one on. */
function* candidates({ min, max }: PortRange, random: () => number): Generator<number> {
  const size = max - min + 1;
  const pick = (): number => Math.floor(random() * size);
  for (let tries = 0; tries < randomTries; tries += 1) yield min + pick();
  const first = pick();
  for (let step = 0; step < size; step += 1) yield min + ((first + step) % size);
}

/** Whether a port can be bound on the address for TCP and for UDP, by binding both for a moment. */
export async function isPortFree(port: number, address: string): Promise<boolean> {
  const codes = await Promise.all([bindTcp(port, address), bindUdp(port, address)]);
  const code = codes.find((found) => found !== undefined);
  if (code === undefined) return true;
  if (code === "EADDRNOTAVAIL")
    throw new LongshoreError("invalid", `cannot bind ports on ${address}: it is no address of this machine`, {
      hint: "Choose an address that one of this machine's interfaces has.",
    });
  // The engine may bind what we may not (ports below 1024): then only look.
  if (code === "EACCES" || code === "EPERM") return !(await isPortBound(port));
  return false;
}

function bindTcp(port: number, address: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error) => resolve(errorCode(error) ?? error.message));
    server.listen({ port, host: address, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

function bindUdp(port: number, address: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(address) ? "udp6" : "udp4");
    socket.once("error", (error) => {
      socket.close();
      resolve(errorCode(error) ?? error.message);
    });
    socket.bind({ port, address, exclusive: true }, () => socket.close(() => resolve(undefined)));
  });
}
