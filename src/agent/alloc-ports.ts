import type { PortSpec, TaskGroup, TaskNetworkSpec } from "../jobfile/job.ts";
import {
  LongshoreError,
  type NetworkPort,
  type OptionProblem,
  type PortMapping,
  type TaskNetwork,
} from "../task/index.ts";
import type { PortAllocator } from "./port-allocator.ts";
import { problemsOf } from "./problems.ts";

/** The ports of an allocation: the group's network and the tasks' own. A port not yet chosen is 0. */
export interface AllocPorts {
  readonly group: readonly PortMapping[];
  readonly tasks: Readonly<Record<string, TaskNetwork>>;
}

export interface HostAddresses {
  readonly hostAddress: string;
  /** Addresses by the name that `host_network` gives. */
  readonly hostNetworks: Readonly<Record<string, string>>;
}

/** One port of an allocation, wherever it is written. */
export interface PortSlot {
  readonly label: string;
  readonly value: number;
  readonly address: string;
  /** The task that has it in its own network; undefined for the group's. */
  readonly task: string | undefined;
}

/** The ports a group asks for, static ones in place and dynamic ones 0. Throws `invalid` for an unknown host network. */
export function planPorts(group: TaskGroup, addresses: HostAddresses): AllocPorts {
  const groupPorts = (group.network?.ports ?? []).map((spec) => ({
    label: spec.label,
    value: spec.static ?? 0,
    to: Math.max(0, spec.to ?? 0),
    hostIp: toAddress(spec, addresses),
  }));
  const tasks = group.tasks.flatMap((task) =>
    task.resources.network === undefined
      ? []
      : [[task.name, toTaskNetwork(task.resources.network, addresses.hostAddress)] as const],
  );
  return { group: groupPorts, tasks: Object.fromEntries(tasks) };
}

/** Every host network that a group's ports name and this machine does not have; paths begin at the group's network. */
export function checkHostNetworks(
  { network }: TaskGroup,
  addresses: HostAddresses,
): readonly OptionProblem[] {
  return (network?.ports ?? []).flatMap((port) =>
    problemsOf(["port", port.label, "host_network"], () => toAddress(port, addresses)),
  );
}

function toAddress(spec: PortSpec, { hostAddress, hostNetworks }: HostAddresses): string {
  if (spec.hostNetwork === "" || spec.hostNetwork === "default") return hostAddress;
  const address = hostNetworks[spec.hostNetwork];
  if (address !== undefined) return address;
  const known = ["default", ...Object.keys(hostNetworks)].map((name) => `"${name}"`).join(", ");
  throw new LongshoreError("invalid", `port "${spec.label}": no host network "${spec.hostNetwork}"`, {
    hint: `Known on this machine: ${known}.`,
  });
}

function toTaskNetwork(spec: TaskNetworkSpec, ip: string): TaskNetwork {
  const toPort = (port: PortSpec): NetworkPort => {
    const to = containerPort(spec, port);
    const base = { label: port.label, value: port.static ?? 0 };
    return to === undefined ? base : { ...base, to };
  };
  return {
    ip,
    reservedPorts: spec.reservedPorts.map(toPort),
    dynamicPorts: spec.dynamicPorts.map(toPort),
  };
}

/** In the 2015 style a numeric label of a dynamic port is the port in the container. */
function containerPort(spec: TaskNetworkSpec, port: PortSpec): number | undefined {
  if (port.to !== undefined && port.to > 0) return port.to;
  const numeric = spec.style === "2015" && port.static === undefined && /^\d+$/.test(port.label);
  return numeric ? Number(port.label) : undefined;
}

/** All ports of an allocation in one list. */
export function listPorts(ports: AllocPorts): readonly PortSlot[] {
  const own = Object.entries(ports.tasks).flatMap(([task, network]) =>
    [...network.reservedPorts, ...network.dynamicPorts].map((port) => ({
      label: port.label,
      value: port.value,
      address: network.ip,
      task,
    })),
  );
  const group = ports.group.map((port) => ({
    label: port.label,
    value: port.value,
    address: port.hostIp,
    task: undefined,
  }));
  return [...group, ...own];
}

/** The same ports with the values that `choose` gives. */
export function withPorts(ports: AllocPorts, choose: (slot: PortSlot) => number): AllocPorts {
  const own = ([task, network]: [string, TaskNetwork]): [string, TaskNetwork] => {
    const put = (port: NetworkPort): NetworkPort => ({
      ...port,
      value: choose({ label: port.label, value: port.value, address: network.ip, task }),
    });
    return [
      task,
      {
        ...network,
        reservedPorts: network.reservedPorts.map(put),
        dynamicPorts: network.dynamicPorts.map(put),
      },
    ];
  };
  return {
    group: ports.group.map((port) => ({
      ...port,
      value: choose({ label: port.label, value: port.value, address: port.hostIp, task: undefined }),
    })),
    tasks: Object.fromEntries(Object.entries(ports.tasks).map(own)),
  };
}

/**
 * Gets every port of a plan from the allocator: static ones as they are, dynamic ones at random. Rejects with
 * the allocator's error, and then holds none of them.
 */
export async function choosePorts(
  planned: AllocPorts,
  allocator: PortAllocator,
  allocName: string,
): Promise<AllocPorts> {
  const chosen = new Map<string, number>();
  try {
    for (const slot of listPorts(planned)) {
      const owner = describeOwner(slot, allocName);
      if (slot.value === 0) chosen.set(slotKey(slot), await allocator.take(slot.address, owner));
      else {
        await allocator.reserve(slot.value, slot.address, owner);
        chosen.set(slotKey(slot), slot.value);
      }
    }
  } catch (error) {
    for (const port of chosen.values()) allocator.release(port);
    throw error;
  }
  return withPorts(planned, (slot) => chosen.get(slotKey(slot)) ?? slot.value);
}

/** `"http" of task "web" (job.group[0])`, for messages. */
export function describeOwner(slot: PortSlot, allocName: string): string {
  return slot.task === undefined
    ? `"${slot.label}" of group network (${allocName})`
    : `"${slot.label}" of task "${slot.task}" (${allocName})`;
}

function slotKey(slot: PortSlot): string {
  return `${slot.task ?? ""}/${slot.label}`;
}
