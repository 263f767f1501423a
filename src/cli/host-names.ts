import { BlockList, isIP } from "node:net";
import type { NetworkInterfaceInfo } from "node:os";
import { isAbsolute } from "node:path";
import type { HostVolume } from "../agent/index.ts";
import type { AgentConfig } from "../jobfile/index.ts";
import { UsageError } from "./usage-error.ts";

type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/** The configuration's host volumes. Throws a UsageError for one without a whole path. */
export function toHostVolumes(volumes: AgentConfig["hostVolumes"]): Readonly<Record<string, HostVolume>> {
  for (const [name, { path }] of Object.entries(volumes))
    if (!isAbsolute(path))
      throw new UsageError(
        `host_volume "${name}": "${path}" is no whole path`,
        'Such as path = "/srv/data".',
      );
  return volumes;
}

/**
 * This machine's address for each of the configuration's host networks: the first one of its interface or within its
 * cidr, IPv4 first. Throws a UsageError when there is none.
 */
export function toHostNetworks(
  networks: AgentConfig["hostNetworks"],
  interfaces: Interfaces,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(networks).map(([name, network]) => [name, findAddress(name, network, interfaces)]),
  );
}

function findAddress(
  name: string,
  { cidr, interface: device }: AgentConfig["hostNetworks"][string],
  interfaces: Interfaces,
): string {
  const what = `host_network "${name}"`;
  if (cidr === undefined && device === undefined)
    throw new UsageError(`${what}: has neither cidr nor interface`, 'Such as interface = "eth0".');
  const inside = cidr === undefined ? () => true : toRange(what, cidr);
  const found = Object.entries(interfaces)
    .filter(([key]) => device === undefined || key === device)
    .flatMap(([, addresses]) => addresses ?? [])
    .filter(({ address, family }) => inside(address, family === "IPv6" ? "ipv6" : "ipv4"));
  const best = found.find(({ family }) => family === "IPv4") ?? found[0];
  if (best !== undefined) return best.address;
  const where = [device && `interface ${device}`, cidr && `range ${cidr}`].filter(Boolean).join(" and ");
  throw new UsageError(
    `${what}: this machine has no address of ${where}`,
    `Its interfaces: ${Object.keys(interfaces).join(", ")}.`,
  );
}

function toRange(what: string, cidr: string): (address: string, family: "ipv4" | "ipv6") => boolean {
  const [address = "", bits = ""] = cidr.split("/");
  const version = isIP(address);
  if (version === 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > (version === 4 ? 32 : 128))
    throw new UsageError(`${what}: "${cidr}" is no range of addresses`, 'Such as cidr = "192.0.2.0/24".');
  const list = new BlockList();
  list.addSubnet(address, Number(bits), version === 4 ? "ipv4" : "ipv6");
  return (candidate, family) => list.check(candidate, family);
}
