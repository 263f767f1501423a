import type { ContainerInspect, CreateRequest } from "../engine/index.ts";
import {
  type CallOptions,
  type CreatedNetwork,
  isLongshoreError,
  LongshoreError,
  type PortMapping,
} from "../task/index.ts";
import { allocIdLabel } from "./container/labels.ts";
import { toPortRequest, toPublishedPort } from "./container/ports.ts";
import type { DriverContext } from "./context.ts";
import type { ImageLease } from "./images/index.ts";
import { findPortHolder } from "./port-holders.ts";
import { Rollback } from "./rollback.ts";
import { unlessAborted } from "./waiting.ts";

export interface NetworkOptions extends CallOptions {
  readonly hostname?: string | undefined;
  /** Published on the host by Docker; undefined when the host wires the network itself. */
  readonly ports?: readonly PortMapping[] | undefined;
}

/** The containers that hold the groups' shared networks, and their images' leases. */
export class Networks {
  readonly #context: DriverContext;
  readonly #leases = new Map<string, ImageLease>();

  constructor(context: DriverContext) {
    this.#context = context;
  }

  /** Starts a group's network container, or finds the one that runs. */
  async create(allocId: string, options: NetworkOptions): Promise<CreatedNetwork> {
    const { engine, images, agent, watch, leftovers } = this.#context;
    const { signal } = options;
    const name = toNetworkName(allocId);
    const found = await this.#find(name, allocId, signal);
    if (found?.State.Running) return { isolation: toIsolation(found, options.hostname), created: false };
    if (found !== undefined) await engine.removeContainer(found.Id, { force: true, signal });
    await using undo = new Rollback(this.#context.logger);
    const info = await watch.opened({ signal });
    const reference = agent.infra_image ?? `registry.k8s.io/pause-${toArch(info.Architecture)}:3.3`;
    const lease = await this.#acquire(
      images.acquire({ reference, pullTimeoutMs: agent.infra_image_pull_timeout, signal }),
    );
    undo.add(() => lease.release());
    const request = toRequest(allocId, lease.reference, options);
    leftovers.forget(name);
    const creating = engine.createContainer(name, request);
    undo.add(async () => {
      await creating.catch(() => undefined);
      await leftovers.remove(name, allocId);
    });
    const { id } = await unlessAborted(creating, signal);
    await this.#start(id, allocId, options);
    const started = await engine.inspectContainer(id, { signal });
    undo.keep();
    this.#leases.set(allocId, lease);
    return { isolation: toIsolation(started, options.hostname), created: true };
  }

  /** Removes a group's network container; gone is fine. */
  async destroy(allocId: string, options: CallOptions): Promise<void> {
    const found = await this.#find(toNetworkName(allocId), allocId, options.signal);
    if (found !== undefined) {
      await this.#context.engine.removeContainer(found.Id, { force: true, signal: options.signal });
    }
    const lease = this.#leases.get(allocId) ?? (found && this.#context.images.hold(found.Config.Image));
    this.#leases.delete(allocId);
    lease?.release();
  }

  async #acquire<T>(acquiring: Promise<T>): Promise<T> {
    try {
      return await acquiring;
    } catch (error) {
      if (!isLongshoreError(error)) throw error;
      throw new LongshoreError(error.kind, `the group's network needs its infra image: ${error.message}`, {
        cause: error,
        retryable: error.retryable,
        hint: "Name another image in the docker driver's option infra_image; its command must run for ever.",
      });
    }
  }

  async #start(id: string, allocId: string, options: NetworkOptions): Promise<void> {
    const { engine } = this.#context;
    try {
      await unlessAborted(engine.startContainer(id), options.signal);
    } catch (error) {
      if (!isLongshoreError(error) || error.kind === "canceled") throw error;
      const holder = await findPortHolder(engine, (options.ports ?? []).map(toPublishedPort)).catch(
        () => undefined,
      );
      if (holder === undefined) throw error;
      const { port, protocol, who } = holder;
      const where = `${port.hostIp || "0.0.0.0"}:${port.hostPort}/${protocol}`;
      const message = `allocation ${allocId}: port "${port.label}" cannot be bound: ${where} is in use by ${who}`;
      throw new LongshoreError("conflict", message, {
        cause: error,
        hint: `Stop ${who}, or use another port.`,
      });
    }
  }

  async #find(
    name: string,
    allocId: string,
    signal: AbortSignal | undefined,
  ): Promise<ContainerInspect | undefined> {
    try {
      const found = await this.#context.engine.inspectContainer(name, { signal });
      if (found.Config.Labels[allocIdLabel] === allocId) return found;
      throw new LongshoreError(
        "conflict",
        `the container name "${name}" is taken by one that is not of this allocation`,
      );
    } catch (error) {
      if (isLongshoreError(error, "not-found")) return undefined;
      throw error;
    }
  }
}

/** The name of a group's network container, as Nomad has it. */
export function toNetworkName(allocId: string): string {
  return `nomad_init_${allocId}`;
}

function toRequest(allocId: string, image: string, options: NetworkOptions): CreateRequest {
  const { ExposedPorts, PortBindings } = toPortRequest((options.ports ?? []).map(toPublishedPort));
  return {
    Image: image,
    Labels: { [allocIdLabel]: allocId },
    ...(options.hostname && { Hostname: options.hostname }),
    ...(ExposedPorts !== undefined && { ExposedPorts }),
    HostConfig: {
      NetworkMode: options.ports === undefined ? "none" : "default",
      ...(PortBindings !== undefined && { PortBindings }),
    },
  };
}

function toIsolation(found: ContainerInspect, hostname: string | undefined): CreatedNetwork["isolation"] {
  const labels = {
    docker_sandbox_container_id: found.Id,
    ...(hostname && { docker_sandbox_hostname: hostname }),
  };
  return { mode: "group", path: found.NetworkSettings.SandboxKey, labels };
}

function toArch(machine: string): string {
  const names: Readonly<Record<string, string>> = { x86_64: "amd64", aarch64: "arm64", armv7l: "arm" };
  return names[machine] ?? machine;
}
