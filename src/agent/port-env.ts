import { isIPv6 } from "node:net";
import type { NetworkPort, PortMapping, TaskNetwork } from "../task/index.ts";

type Variables = Record<string, string>;

/** What tasks are told of a port of the group's network: the container's side and the host's. */
export function groupPortVariables(ports: readonly PortMapping[]): Variables {
  return merge(
    ports.map(({ label, value, to, hostIp }) => {
      const inside = String(to > 0 ? to : value);
      return {
        ...hostSide(label, hostIp, value),
        [`NOMAD_PORT_${label}`]: inside,
        [`NOMAD_ALLOC_PORT_${label}`]: inside,
      };
    }),
  );
}

/**
 * What a task is told of its own network. In the 2015 style `NOMAD_PORT_<label>` is the host's port, the label
 * also in upper case, and reserved ports are not told; in the 2019 style all are, and a `port_map` is the
 * driver's to add.
 */
export function ownPortVariables(network: TaskNetwork, style: "2015" | "2019"): Variables {
  const ports = style === "2015" ? network.dynamicPorts : [...network.reservedPorts, ...network.dynamicPorts];
  return merge(ports.map((port) => ownPort(port, network.ip, style)));
}

/** What the other tasks of the group are told of a task's network. */
export function otherTaskVariables(task: string, network: TaskNetwork): Variables {
  const prefix = task.replaceAll(/[^A-Za-z0-9_]/g, "_");
  return merge(
    [...network.reservedPorts, ...network.dynamicPorts].map(({ label, value }) => ({
      [`NOMAD_IP_${prefix}_${label}`]: network.ip,
      [`NOMAD_PORT_${prefix}_${label}`]: String(value),
      [`NOMAD_ADDR_${prefix}_${label}`]: joinHostPort(network.ip, value),
    })),
  );
}

function ownPort({ label, value, to }: NetworkPort, ip: string, style: "2015" | "2019"): Variables {
  const told = {
    ...hostSide(label, ip, value),
    [`NOMAD_PORT_${label}`]: String(value),
    [`NOMAD_ALLOC_PORT_${label}`]: String(to ?? value),
  };
  return style === "2015" ? { [`NOMAD_PORT_${label.toUpperCase()}`]: String(value), ...told } : told;
}

function hostSide(label: string, ip: string, port: number): Variables {
  const address = joinHostPort(ip, port);
  return {
    [`NOMAD_IP_${label}`]: ip,
    [`NOMAD_ADDR_${label}`]: address,
    [`NOMAD_HOST_IP_${label}`]: ip,
    [`NOMAD_HOST_PORT_${label}`]: String(port),
    [`NOMAD_HOST_ADDR_${label}`]: address,
  };
}

function joinHostPort(ip: string, port: number): string {
  return isIPv6(ip) ? `[${ip}]:${port}` : `${ip}:${port}`;
}

function merge(parts: readonly Variables[]): Variables {
  return Object.assign({}, ...parts);
}
