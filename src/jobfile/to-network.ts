import { isIP } from "node:net";
import type { Findings } from "./findings.ts";
import type { GroupNetwork, PortSpec, TaskNetworkSpec } from "./job.ts";
import type { GroupNetworkSchema, PortSchema, TaskNetworkSchema } from "./job-schema.ts";
import { childOf, nameOf, placeOf, type Read, source } from "./read-block.ts";
import { hasSeedPorts } from "./style.ts";
import type { Node, Place } from "./tree.ts";

const labelPattern = /^[a-zA-Z0-9_]+$/;
const modes: ReadonlySet<string> = new Set(["host", "bridge", "none"]);

/** A port with where it was asked for, to tell of two that collide. */
export interface PlacedPort {
  readonly spec: PortSpec;
  readonly place: Place | undefined;
  /** `port "http"`, or `task "db"` and its port, for messages. */
  readonly owner: string;
}

/** The network that a group's tasks share. */
export function toGroupNetwork(
  networks: readonly Read<GroupNetworkSchema>[],
  findings: Findings,
): GroupNetwork | undefined {
  const network = onlyNetwork(networks, findings);
  if (network === undefined) return undefined;
  const { dns } = network;
  if (dns !== undefined) checkServers(dns, findings);
  return {
    mode: toMode(network, findings),
    hostname: network.hostname,
    ports: toPorts(network.port, findings),
    dns: dns && { servers: dns.servers ?? [], searches: dns.searches ?? [], options: dns.options ?? [] },
  };
}

/** A reference is known when the task starts. */
function checkServers(
  { servers = [], [source]: block }: NonNullable<Read<GroupNetworkSchema>["dns"]>,
  findings: Findings,
): void {
  const node = block.attributes.servers;
  for (const [index, server] of servers.entries()) {
    if (isIP(server) !== 0 || server.includes("${")) continue;
    findings.error(
      childOf(node, index)?.place ?? node?.place,
      "Invalid DNS server",
      `"${server}" is no IP address.`,
    );
  }
}

function onlyNetwork<N extends Read<GroupNetworkSchema>>(
  networks: readonly N[],
  findings: Findings,
): N | undefined {
  const [first, second] = networks;
  if (second !== undefined) {
    const where = first === undefined ? "?" : (first[source].place?.[1] ?? "?");
    findings.error(
      second[source].place,
      "Duplicate network block",
      `One network may stand here; the first is on line ${where}.`,
    );
  }
  return first;
}

function toMode(network: Read<GroupNetworkSchema>, findings: Findings): GroupNetwork["mode"] {
  const mode = network.mode === "" ? "host" : network.mode;
  if (modes.has(mode)) return mode as GroupNetwork["mode"];
  findings.error(
    placeOf(network[source], "mode"),
    "Unknown network mode",
    `"${mode}" cannot be used on one machine; "mode" is "host", "bridge" or "none".`,
  );
  return "host";
}

function toPorts(ports: readonly Read<PortSchema>[], findings: Findings): PortSpec[] {
  const seen = new Map<string, Place | undefined>();
  return ports.map((port) => {
    const block = port[source];
    const label = block.label ?? "";
    checkLabel(label, block.labelPlace ?? block.place, seen, findings);
    return {
      label,
      static: port.static,
      to: port.to === 0 ? undefined : port.to,
      hostNetwork: port.host_network,
    };
  });
}

function checkLabel(
  label: string,
  place: Place | undefined,
  seen: Map<string, Place | undefined>,
  findings: Findings,
): void {
  if (!labelPattern.test(label)) {
    findings.error(
      place,
      "Invalid port label",
      `"${label}" is no port label: letters, digits and _ are allowed (^[a-zA-Z0-9_]+$).`,
    );
  }
  if (seen.has(label)) {
    const line = seen.get(label)?.[1] ?? "?";
    findings.error(place, "Duplicate port label", `The port "${label}" is there already, on line ${line}.`);
  }
  seen.set(label, place);
}

/** The network of one task, in the style of 2015 (port lists) or 2019 (port blocks). */
export function toTaskNetwork(
  networks: readonly Read<TaskNetworkSchema>[],
  seedStyle: boolean,
  findings: Findings,
): TaskNetworkSpec | undefined {
  const network = onlyNetwork(networks, findings);
  if (network === undefined) return undefined;
  const block = network[source];
  const seen = new Map<string, Place | undefined>();
  const ports = toPorts(network.port, findings);
  const listed = toDynamicPorts(block.attributes.dynamic_ports, seen, findings);
  const reserved = toReservedPorts(block.attributes.reserved_ports, seen, findings);
  if (ports.length > 0 && listed.length + reserved.length > 0) {
    findings.error(
      block.place,
      "Two styles of ports",
      '"port" blocks and "dynamic_ports" or "reserved_ports" cannot stand in one network.',
    );
  }
  return {
    style: hasSeedPorts(block) || (seedStyle && ports.length === 0) ? "2015" : "2019",
    reservedPorts: [...reserved, ...ports.filter((port) => port.static !== undefined)],
    dynamicPorts: [...listed, ...ports.filter((port) => port.static === undefined)],
  };
}

/** The items of a list with their places; what is no list is an error. */
function itemsOf(node: Node | undefined, key: string, findings: Findings): [unknown, Place | undefined][] {
  if (node === undefined || node.bad || node.value === undefined || node.value === null) return [];
  if (!Array.isArray(node.value)) {
    findings.error(node.place, "Incorrect value type", `"${key}" must be a list, not ${nameOf(node.value)}.`);
    return [];
  }
  return node.value.map((item, index) => [item, childOf(node, index)?.place ?? node.place]);
}

function toDynamicPorts(
  node: Node | undefined,
  seen: Map<string, Place | undefined>,
  findings: Findings,
): PortSpec[] {
  return itemsOf(node, "dynamic_ports", findings).map(([item, place]) => {
    if (typeof item !== "string" && typeof item !== "number") {
      findings.error(
        place,
        "Incorrect value type",
        `A dynamic port is a label or the container's port, not ${nameOf(item)}.`,
      );
    }
    const label = String(item);
    checkCase(label, place, seen, findings);
    checkLabel(label, place, seen, findings);
    const numeric = /^\d+$/.test(label);
    if (numeric) checkPortNumber(Number(label), place, findings);
    return { label, static: undefined, to: numeric ? Number(label) : undefined, hostNetwork: "" };
  });
}

/** A variable of 2015 has the label in upper case too. */
function checkCase(
  label: string,
  place: Place | undefined,
  seen: ReadonlyMap<string, Place | undefined>,
  findings: Findings,
): void {
  const upper = label.toUpperCase();
  const other = [...seen.keys()].find((known) => known !== label && known.toUpperCase() === upper);
  if (other === undefined || seen.has(label)) return;
  const detail = `The ports "${other}" and "${label}" would both be NOMAD_PORT_${upper}.`;
  findings.error(place, "Duplicate port label", detail);
}

function toReservedPorts(
  node: Node | undefined,
  seen: Map<string, Place | undefined>,
  findings: Findings,
): PortSpec[] {
  return itemsOf(node, "reserved_ports", findings).map(([item, place]) => {
    const value = typeof item === "string" && /^\d+$/.test(item) ? Number(item) : item;
    if (typeof value !== "number") {
      findings.error(place, "Incorrect value type", `A reserved port is a number, not ${nameOf(item)}.`);
      return { label: "", static: undefined, to: undefined, hostNetwork: "" };
    }
    checkPortNumber(value, place, findings);
    checkLabel(String(value), place, seen, findings);
    return { label: String(value), static: value, to: undefined, hostNetwork: "" };
  });
}

function checkPortNumber(value: number, place: Place | undefined, findings: Findings): void {
  if (!Number.isInteger(value) || value < 1 || value > 65535) {
    findings.error(place, "Invalid port", `A port is a whole number from 1 to 65535, not ${value}.`);
  }
}

/** The static ports of a job, each with its group, by host network and number. */
export type TakenPorts = Map<string, { readonly port: PlacedPort; readonly group: string }>;

interface PortsAround {
  /** The group's. */
  readonly name: string;
  readonly count: number;
  readonly taken: TakenPorts;
  readonly findings: Findings;
}

/** Tells of a group's static ports that another of the job has, and of ones that a count above 1 would need twice. */
export function checkStaticPorts(
  ports: readonly PlacedPort[],
  { name, count, taken, findings }: PortsAround,
): void {
  for (const port of ports) {
    const { static: value, hostNetwork } = port.spec;
    if (value === undefined) continue;
    const first = taken.get(`${hostNetwork}:${value}`);
    // Two of one label have been told of as that.
    const isTold = first?.group === name && first.port.owner === port.owner;
    if (first !== undefined && !isTold) {
      const whose = first.group === name ? "has" : `of group "${first.group}" has on this one machine`;
      findings.error(
        port.place,
        "Port taken twice",
        `${port.owner} wants the static port ${value}, which ${first.port.owner} ${whose}.`,
      );
    }
    taken.set(`${hostNetwork}:${value}`, first ?? { port, group: name });
    if (count > 1) {
      const detail = `With count = ${count}, ${port.owner} would need the static port ${value} ${count} times on this one machine.`;
      findings.error(port.place, "Static port with a count", detail);
    }
  }
}
