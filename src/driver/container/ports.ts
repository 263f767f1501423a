import type { CreateRequest, HostConfigRequest, PortBinding } from "../../engine/engine-types.ts";
import type { PortMapping, TaskNetwork } from "../../task/index.ts";
import { type Planning, refuse } from "./planning.ts";

/** One port of the host that leads into the container, TCP and UDP both. */
export interface PublishedPort {
  readonly label: string;
  readonly hostIp: string;
  readonly hostPort: number;
  readonly containerPort: number;
}

/**
 * The ports of a task: those of the group's network that `ports` names, and all of its own network's, where
 * `port_map`, then a numeric label of 2015, says the port in the container.
 */
export function planPorts(planning: Planning, networkMode: string): readonly PublishedPort[] {
  const { resources } = planning.task;
  const group = planGroupPorts(planning);
  const own = resources.networks.flatMap((network) => planOwnPorts(planning, network));
  checkPortMap(planning);
  const ports = [...group, ...own];
  if (networkMode.startsWith("container:")) return [];
  if (ports.length > 0 && (networkMode === "host" || networkMode === "none")) {
    planning.notes.push(`network_mode is "${networkMode}": its ports are not mapped`);
    return [];
  }
  return ports;
}

function planGroupPorts({ options, task, ...planning }: Planning): readonly PublishedPort[] {
  return options.ports.flatMap((label, index) => {
    const port = task.resources.ports.find((candidate) => candidate.label === label);
    if (port === undefined) {
      const message = `Port "${label}" not found, check network block`;
      const labels = task.resources.ports.map((known) => known.label);
      const hint = labels.length > 0 ? `Labels of the group's network: ${labels.join(", ")}.` : undefined;
      refuse({ options, task, ...planning }, ["ports", index], message, hint);
    }
    return port === undefined ? [] : [toPublishedPort(port)];
  });
}

/** Where a port of a group's network leads: `to`, or the same number when that is not set. */
export function toPublishedPort(port: PortMapping): PublishedPort {
  return {
    label: port.label,
    hostIp: port.hostIp,
    hostPort: port.value,
    containerPort: port.to > 0 ? port.to : port.value,
  };
}

function planOwnPorts({ options }: Planning, network: TaskNetwork): readonly PublishedPort[] {
  return [...network.reservedPorts, ...network.dynamicPorts].map((port) => ({
    label: port.label,
    hostIp: network.ip,
    hostPort: port.value,
    containerPort: options.port_map[port.label] ?? port.to ?? port.value,
  }));
}

function checkPortMap(planning: Planning): void {
  const { resources } = planning.task;
  const labels = Object.keys(planning.options.port_map);
  if (labels.length === 0) return;
  if (resources.ports.length > 0) {
    refuse(planning, ["port_map"], "'port_map' cannot map group network ports, use 'ports' instead");
  } else if (resources.networks.length === 0) {
    refuse(planning, ["port_map"], "the task has no network whose ports could be mapped");
  } else {
    const known = resources.networks.flatMap((network) => [
      ...network.reservedPorts,
      ...network.dynamicPorts,
    ]);
    const unknown = labels.filter((label) => !known.some((port) => port.label === label));
    for (const label of unknown)
      planning.notes.push(`port_map names "${label}", a port that the task does not have`);
  }
}

/** The create request's words for published ports. */
export function toPortRequest(
  ports: readonly PublishedPort[],
): Pick<CreateRequest, "ExposedPorts"> & Pick<HostConfigRequest, "PortBindings"> {
  const bindings: Record<string, PortBinding[]> = {};
  for (const port of ports) {
    for (const protocol of ["tcp", "udp"]) {
      const key = `${port.containerPort}/${protocol}`;
      const list = bindings[key] ?? [];
      list.push({ HostIp: port.hostIp, HostPort: String(port.hostPort) });
      bindings[key] = list;
    }
  }
  const exposed = Object.fromEntries(Object.keys(bindings).map((key) => [key, {}]));
  return ports.length === 0 ? {} : { ExposedPorts: exposed, PortBindings: bindings };
}
