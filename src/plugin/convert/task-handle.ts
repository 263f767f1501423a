import {
  type ContainerFacts,
  type DriverNetwork,
  LongshoreError,
  type TaskHandle,
} from "../../task/index.ts";
import { decodeMessagePack, encodeMessagePack, toRecord } from "../msgpack.ts";
import {
  type NetworkOverride,
  TaskState,
  type TaskConfig as WireTaskConfig,
  type TaskHandle as WireTaskHandle,
} from "../proto/generated/nomad/driver.ts";
import { toTaskConfig } from "./task-config.ts";

/** A go-plugin process of the built-in driver that copies a task's output. */
export interface DockerLogger {
  readonly network: string;
  readonly address: string;
  readonly pid: number;
}

/** What an agent stored of a task, whichever Docker driver started it. */
export interface StoredTask {
  readonly handle: TaskHandle;
  /** The built-in driver's helper process, if it had one. */
  readonly dockerLogger: DockerLogger | undefined;
}

/** The handle of a started task, as an agent stores it; the built-in docker driver can read it too, and skips the rest. */
export function fromTaskHandle(handle: TaskHandle, config: WireTaskConfig): WireTaskHandle {
  const { containerId, network, container } = handle.driverState;
  const state = {
    ReattachConfig: null,
    ContainerID: containerId,
    DriverNetwork: network === undefined ? null : toBuiltInNetwork(network),
    ...(container !== undefined && { Container: fromContainerFacts(container) }),
  };
  return {
    version: handle.version,
    config,
    state: TaskState.RUNNING,
    driverState: Buffer.from(encodeMessagePack(state)),
  };
}

function toBuiltInNetwork({ portMap, ip, autoAdvertise }: DriverNetwork) {
  return { PortMap: portMap, IP: ip, AutoAdvertise: autoAdvertise };
}

function fromContainerFacts({ image, tty, startedAt }: ContainerFacts) {
  return { Image: image, TTY: tty, StartedAt: startedAt };
}

function toContainerFacts(value: unknown): ContainerFacts | undefined {
  const facts = toRecord(value);
  const image = toText(facts?.Image);
  const startedAt = toText(facts?.StartedAt);
  if (image === "" || Number.isNaN(Date.parse(startedAt))) return undefined;
  return { image, tty: facts?.TTY === true, startedAt };
}

/** Reads a stored handle. Throws `invalid` when it is of no form that is known. */
export function toStoredTask(wire: WireTaskHandle | undefined): StoredTask {
  const config = toTaskConfig(wire?.config);
  const what = `the stored handle of task "${config.name}"`;
  const state = toRecord(decodeMessagePack(wire?.driverState ?? new Uint8Array(), what));
  const containerId = state?.ContainerID;
  if (typeof containerId !== "string" || containerId === "") {
    throw new LongshoreError("invalid", `${what} names no container`);
  }
  const driverState = {
    containerId,
    network: toNetwork(state?.DriverNetwork),
    container: toContainerFacts(state?.Container),
  };
  return {
    // The built-in driver has always written version 1, and some versions of the agent none.
    handle: { version: wire?.version || 1, config, driverState },
    dockerLogger: toDockerLogger(state?.ReattachConfig),
  };
}

function toNetwork(value: unknown): DriverNetwork | undefined {
  const network = toRecord(value);
  if (network === undefined) return undefined;
  const ports = Object.entries(toRecord(network.PortMap) ?? {});
  const isPort = (entry: [string, unknown]): entry is [string, number] => typeof entry[1] === "number";
  return {
    portMap: Object.fromEntries(ports.filter(isPort)),
    ip: toText(network.IP),
    autoAdvertise: network.AutoAdvertise === true,
  };
}

function toDockerLogger(value: unknown): DockerLogger | undefined {
  const reattach = toRecord(value);
  const pid = Number(reattach?.Pid);
  const address = toText(reattach?.Addr);
  if (!Number.isInteger(pid) || pid <= 1 || address === "") return undefined;
  return { network: toText(reattach?.Network), address, pid };
}

/** Go's older encoding makes no difference between text and bytes. */
function toText(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("utf8");
  return typeof value === "string" ? value : "";
}

/** A task's own addresses for the agent. */
export function fromDriverNetwork(network: DriverNetwork | undefined): NetworkOverride | undefined {
  if (network === undefined) return undefined;
  return {
    portMap: new Map(Object.entries(network.portMap)),
    addr: network.ip,
    autoAdvertise: network.autoAdvertise,
  };
}
