import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ContainerInspect, EngineEvent } from "../../engine/index.ts";
import {
  type CallOptions,
  type CreatedNetwork,
  LongshoreError,
  type NetworkIsolation,
  type TaskConfig,
} from "../../task/index.ts";
import type { ImageLease } from "../images/index.ts";
import { removeContainer } from "../remove-container.ts";
import type { DockerTask } from "../tasks/docker-task.ts";
import { GroupTurns } from "./group-turns.ts";
import { type NetworkOptions, toIsolation, toNetworkName, toSandboxId } from "./network-container.ts";
import { findNetwork, type NetworkContext, startNetwork } from "./start-network.ts";

/** A group's network as it was seen last. */
interface GroupNetwork {
  readonly isolation: NetworkIsolation;
  /** How it was asked for; undefined where only a task told of it. */
  readonly options: NetworkOptions | undefined;
  /** The opening of the watch during which it was seen running; -1 once its end is heard of. */
  seenAt: number;
}

export interface NetworksOptions {
  readonly context: NetworkContext;
  /** A task's network is gone; the task may still be in its start. */
  readonly onLost: (task: DockerTask, reason: string) => void;
}

/** The containers that hold the groups' shared networks, and their images' leases. */
export class Networks {
  readonly #context: NetworkContext;
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
    const found = await findNetwork(this.#context, allocId, options.signal);
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
    const found = await findNetwork(this.#context, allocId, signal);
    if (found?.State.Running) return { isolation: this.#remember(allocId, found, options), created: false };
    if (found !== undefined) await removeContainer(engine, found.Id, { signal });
    const started = await this.#start(allocId, options);
    return { isolation: this.#remember(allocId, started, options), created: true };
  }

  async #destroy(allocId: string, { signal }: CallOptions): Promise<void> {
    this.#known.delete(allocId);
    const found = await findNetwork(this.#context, allocId, signal);
    if (found !== undefined) await removeContainer(this.#context.engine, found.Id, { signal });
    const lease = this.#leases.get(allocId) ?? (found && this.#context.images.hold(found.Config.Image));
    this.#leases.delete(allocId);
    lease?.release();
  }

  async #mend(allocId: string, told: NetworkIsolation, { signal }: CallOptions): Promise<NetworkIsolation> {
    const asked = this.#known.get(allocId)?.options;
    const found = await findNetwork(this.#context, allocId, signal);
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
    const { container, lease } = await startNetwork(this.#context, allocId, options);
    this.#leases.get(allocId)?.release();
    this.#leases.set(allocId, lease);
    return container;
  }
}

function toReason(allocId: string): string {
  return `the group's network is gone: its container ${toNetworkName(allocId)} has ended or was removed`;
}
