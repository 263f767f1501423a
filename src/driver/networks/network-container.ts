import type { ContainerInspect, CreateRequest } from "../../engine/index.ts";
import type { CallOptions, NetworkIsolation, PortMapping, TaskOwner } from "../../task/index.ts";
import { allocIdLabel, hostLabel } from "../container/labels.ts";
import { toPortRequest, toPublishedPort } from "../container/ports.ts";

export interface NetworkOptions extends CallOptions {
  readonly hostname?: string | undefined;
  /** Published on the host by Docker; undefined when the host wires the network itself. */
  readonly ports?: readonly PortMapping[] | undefined;
  readonly owner?: TaskOwner | undefined;
}

/** The name of a group's network container, as Nomad has it. */
export function toNetworkName(allocId: string): string {
  return `nomad_init_${allocId}`;
}

/** What a network container is made of; the host is empty where it is not known. */
export interface NetworkParts {
  readonly image: string;
  readonly host: string;
}

/** The container whose network namespace a group's tasks share; its image does nothing for ever. */
export function toNetworkRequest(
  allocId: string,
  { image, host }: NetworkParts,
  options: NetworkOptions,
): CreateRequest {
  const { ExposedPorts, PortBindings } = toPortRequest((options.ports ?? []).map(toPublishedPort));
  return {
    Image: image,
    Labels: { [allocIdLabel]: allocId, ...(host !== "" && { [hostLabel]: host }) },
    ...(options.hostname && { Hostname: options.hostname }),
    ...(ExposedPorts !== undefined && { ExposedPorts }),
    HostConfig: {
      NetworkMode: options.ports === undefined ? "none" : "default",
      ...(PortBindings !== undefined && { PortBindings }),
    },
  };
}

/** What a host is told of a network container that runs. */
export function toIsolation(found: ContainerInspect, hostname: string | undefined): NetworkIsolation {
  const labels = {
    [sandboxIdLabel]: found.Id,
    ...(hostname && { docker_sandbox_hostname: hostname }),
  };
  return { mode: "group", path: found.NetworkSettings.SandboxKey, labels };
}

const sandboxIdLabel = "docker_sandbox_container_id";

/** The container whose network a task of the group joins; undefined when it joins none. */
export function toSandboxId(isolation: NetworkIsolation | undefined): string | undefined {
  return isolation?.labels[sandboxIdLabel];
}

/** The default infra image, for an engine's machine. */
export function toPauseImage(machine: string): string {
  const names: Readonly<Record<string, string>> = { x86_64: "amd64", aarch64: "arm64", armv7l: "arm" };
  return `registry.k8s.io/pause-${names[machine] ?? machine}:3.3`;
}
