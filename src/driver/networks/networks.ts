import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ContainerInspect, EngineEvent } from "../../engine/index.ts";
import {
  type CallOptions,
  type CreatedNetwork,
  isLongshoreError,
  LongshoreError,
  type NetworkIsolation,
  type TaskConfig,
  unlessAborted,
} from "../../task/index.ts";
import { allocIdLabel } from "../container/labels.ts";
import { toPublishedPort } from "../container/ports.ts";
import type { DriverContext } from "../context.ts";
import type { ImageLease } from "../images/index.ts";
import { findPortHolder } from "../port-holders.ts";
import { removeContainer } from "../remove-container.ts";
import { Rollback } from "../rollback.ts";
import type { DockerTask } from "../tasks/docker-task.ts";
import { GroupTurns } from "./group-turns.ts";
import {
  type NetworkOptions,
  toIsolation,
  toNetworkName,
  toNetworkRequest,
  toPauseImage,
  toSandboxId,
} from "./network-container.ts";

/** A group's network as it was seen last. */
interface GroupNetwork {
  readonly isolation: NetworkIsolation;
  /** How it was asked for; undefined where only a task told of it. */
  readonly options: NetworkOptions | undefined;
  /** The opening of the watch during which it was seen running; -1 once its end is heard of. */
  seenAt: number;
}

export interface NetworksOptions {
  readonly context: Omit<DriverContext, "networks">;
  /** A task's network is gone; the task may still be in its start. */
  readonly onLost: (task: DockerTask, reason: string) => void;
}

/** The containers that hold the groups' shared networks, and their images' leases. */
export class Networks {
  readonly #context: NetworksOptions["context"];
  readonly #onLost: NetworksOptions["onLost"];
  readonly #leases = new Map<string, ImageLease>();
  readonly #known = new Map<string, GroupNetwork>();
  readonly #turns = new GroupTurns();

  constructor({ context, onLost }: NetworksOptions) {
    this.#context = context;
    this.#onLost = onLost;
  }

  /** Starts a group's network container, or finds the one that runs. */
  async create(allocId: string, options: NetworkOptions): Promise<CreatedNetwork> {
    return await this.#turns.make(allocId, options, ({ signal }) =>
      this.#create(allocId, { ...options, signal }),
    );
  }

  /** Removes a group's network container, also one that is just being made; gone is fine. */
  async destroy(allocId: string, options: CallOptions): Promise<void> {
    // What waits for its turn makes none anew from now on.
    this.#known.delete(allocId);
    await this.#turns.remove(allocId, options, (call) => this.#destroy(allocId, call));
  }

  /**
   * The network that a task of the group joins now. One whose container ended is made anew, once for all tasks of
   * the group; where the host has wired it, only the host can, and this rejects with `not-found`.
   */
  async ready(task: TaskConfig, options: CallOptions): Promise<NetworkIsolation | undefined> {
    const { allocId, networkIsolation: told } = task;
    if (told === undefined || toSandboxId(told) === undefined) return told;
    const isolation = await this.#current(allocId, told, options);
    // Only the host knows them, and only once it has wired the network.
    return { ...isolation, hosts: told.hosts };
  }

  async #current(allocId: string, told: NetworkIsolation, options: CallOptions): Promise<NetworkIsolation> {
    const seen = () => {
      const known = this.#known.get(allocId);
      return known?.seenAt === this.#context.watch.openings ? known.isolation : undefined;
    };
    return (
      seen() ??
      (await this.#turns.make(
        allocId,
        options,
        async (call) => seen() ?? (await this.#mend(allocId, told, call)),
      ))
    );
  }

  /** Tells of a task that runs on although the network that it joined is gone. */
  async check(task: DockerTask, options: CallOptions): Promise<void> {
    const { allocId } = task.config;
    const joined = task.sandboxId;
    if (joined === undefined) return;
    const known = this.#known.get(allocId);
    if (known?.seenAt === this.#context.watch.openings && toSandboxId(known.isolation) === joined) return;
    const found = await this.#find(allocId, options.signal);
    if (found?.Id !== joined || !found.State.Running) this.#onLost(task, toReason(allocId));
    else this.#remember(allocId, found, known?.options, task.config.networkIsolation);
  }

  /**
   * Whether a group's network container is in use or may come into use, as far as these tasks tell. A host keeps an
   * allocation's folder as long as the allocation, also while none of its tasks runs.
   */
  isNeeded(allocId: string, tasks: readonly TaskConfig[]): boolean {
    if (this.#known.has(allocId) || this.#turns.has(allocId)) return true;
    const parents = new Set(tasks.map(({ allocDir }) => dirname(allocDir)));
    const hasFolder = [...parents].some((parent) => existsSync(join(parent, allocId)));
    return parents.size === 0 || hasFolder || tasks.some((task) => task.allocId === allocId);
  }

  /** Takes in an event of a container that is no task's. */
  hear({ Action, Actor }: EngineEvent): void {
    if (Action !== "die" && Action !== "destroy") return;
    for (const network of this.#known.values()) {
      if (toSandboxId(network.isolation) === Actor.ID) network.seenAt = -1;
    }
    for (const task of this.#context.byContainer.values()) {
      if (task.sandboxId === Actor.ID) this.#onLost(task, toReason(task.config.allocId));
    }
  }

  #remember(
    allocId: string,
    found: ContainerInspect,
    options: NetworkOptions | undefined,
    told?: NetworkIsolation,
  ): NetworkIsolation {
    const seen = toIsolation(found, options?.hostname);
    const isolation = { ...seen, labels: { ...told?.labels, ...seen.labels } };
    const kept = options && { hostname: options.hostname, ports: options.ports, owner: options.owner };
    this.#known.set(allocId, { isolation, options: kept, seenAt: this.#context.watch.openings });
    return isolation;
  }

  async #create(allocId: string, options: NetworkOptions): Promise<CreatedNetwork> {
    const { engine, watch } = this.#context;
    const { signal } = options;
    await watch.opened({ signal });
    const found = await this.#find(allocId, signal);
    if (found?.State.Running) return { isolation: this.#remember(allocId, found, options), created: false };
    if (found !== undefined) await removeContainer(engine, found.Id, { signal });
    const started = await this.#start(allocId, options);
    return { isolation: this.#remember(allocId, started, options), created: true };
  }

  async #destroy(allocId: string, { signal }: CallOptions): Promise<void> {
    this.#known.delete(allocId);
    const found = await this.#find(allocId, signal);
    if (found !== undefined) await removeContainer(this.#context.engine, found.Id, { signal });
    const lease = this.#leases.get(allocId) ?? (found && this.#context.images.hold(found.Config.Image));
    this.#leases.delete(allocId);
    lease?.release();
  }

  async #mend(allocId: string, told: NetworkIsolation, { signal }: CallOptions): Promise<NetworkIsolation> {
    const asked = this.#known.get(allocId)?.options;
    const found = await this.#find(allocId, signal);
    if (found?.State.Running) return this.#remember(allocId, found, asked, told);
    if (asked?.ports === undefined) {
      throw new LongshoreError("not-found", toReason(allocId), {
        retryable: false,
        hint: "The host has set this network up and must do so again: let the allocation be placed anew.",
      });
    }
    this.#context.logger.warn("a group's network is made anew", { allocId });
    return (await this.#create(allocId, { ...asked, signal })).isolation;
  }

  async #start(allocId: string, options: NetworkOptions): Promise<ContainerInspect> {
    const { engine, leftovers, logger } = this.#context;
    const { signal } = options;
    await using undo = new Rollback(logger);
    const lease = await this.#acquireImage(signal);
    undo.add(() => lease.release());
    const name = toNetworkName(allocId);
    leftovers.forget(name);
    const parts = { image: lease.reference, host: this.#hostOf(options) };
    const creating = engine.createContainer(name, toNetworkRequest(allocId, parts, options));
    undo.add(async () => {
      await creating.catch(() => undefined);
      await leftovers.remove(name, allocId);
    });
    const { id } = await unlessAborted(creating, signal);
    await this.#startContainer(id, allocId, options);
    const started = await engine.inspectContainer(id, { signal });
    undo.keep();
    this.#leases.get(allocId)?.release();
    this.#leases.set(allocId, lease);
    return started;
  }

  #hostOf({ owner }: NetworkOptions): string {
    const { hostOf, dangling } = this.#context;
    if (owner === undefined) return dangling.onlyHost ?? "";
    const host = hostOf(owner);
    dangling.own(host);
    return host;
  }

  async #acquireImage(signal: AbortSignal | undefined): Promise<ImageLease> {
    const { images, agent, watch } = this.#context;
    const { Architecture } = await watch.opened({ signal });
    const reference = agent.infra_image ?? toPauseImage(Architecture);
    try {
      return await images.acquire({ reference, pullTimeoutMs: agent.infra_image_pull_timeout, signal });
    } catch (error) {
      if (!isLongshoreError(error)) throw error;
      throw new LongshoreError(error.kind, `the group's network needs its infra image: ${error.message}`, {
        cause: error,
        retryable: error.retryable,
        hint: "Name another image in the docker driver's option infra_image; its command must run for ever.",
      });
    }
  }

  async #startContainer(id: string, allocId: string, options: NetworkOptions): Promise<void> {
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

  async #find(allocId: string, signal: AbortSignal | undefined): Promise<ContainerInspect | undefined> {
    const name = toNetworkName(allocId);
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

function toReason(allocId: string): string {
  return `the group's network is gone: its container ${toNetworkName(allocId)} has ended or was removed`;
}
