import type { ContainerSummary, Engine } from "../engine/index.ts";
import { isLongshoreError, type Logger, pause } from "../task/index.ts";
import { allocIdLabel, hostLabel } from "./container/labels.ts";
import type { Leftovers } from "./leftovers.ts";
import type { AgentOptions } from "./options/agent-options.ts";
import type { WatchState } from "./watch/engine-watch.ts";

/** What must be known to tell a dangling container from any other. */
export interface DanglingRules {
  /** Hosts whose tasks this driver has: their containers alone are its own. */
  readonly hosts: ReadonlySet<string>;
  /** Whether a task of the driver has the container, or is about to, or a group needs it. */
  readonly isTracked: (container: DanglingContainer) => boolean;
  /** Younger containers are left alone, milliseconds since the epoch. */
  readonly createdBeforeMs: number;
}

/** A container that no task has. */
export interface DanglingContainer {
  readonly id: string;
  readonly name: string;
  readonly allocId: string;
}

/**
 * Which of the containers belong to a task that nobody knows any more. One without the labels of this driver and
 * of its own host is never among them: it is another driver's, another host's, or a person's.
 */
export function findDangling(
  containers: readonly ContainerSummary[],
  rules: DanglingRules,
): readonly DanglingContainer[] {
  return containers
    .filter(({ Labels }) => rules.hosts.has(Labels[hostLabel] ?? "") && Labels[allocIdLabel] !== undefined)
    .filter(({ Created }) => Created * 1000 < rules.createdBeforeMs)
    .map(({ Id, Names, Labels }) => ({
      id: Id,
      name: (Names[0] ?? "").replace(/^\//, ""),
      allocId: Labels[allocIdLabel] ?? "",
    }))
    .filter((container) => !rules.isTracked(container));
}

export interface DanglingOptions {
  readonly engine: Engine;
  readonly logger: Logger;
  readonly leftovers: Leftovers;
  readonly agent: AgentOptions;
  readonly engineState: () => WatchState;
  readonly isTracked: DanglingRules["isTracked"];
}

/** One that ended may be kept on purpose, to be looked at. */
const unwantedStates = ["created", "running", "paused", "restarting"] as const;

/**
 * Looks now and then for containers whose task nobody knows (a start's answer got lost, and then the driver was
 * killed), and removes them as the agent's `gc.dangling_containers` says. One call to the engine per look.
 */
export class Dangling implements Disposable {
  readonly #options: DanglingOptions;
  readonly #hosts = new Set<string>();
  readonly #ending = new AbortController();
  #told: ReadonlySet<string> = new Set();
  #started = false;

  constructor(options: DanglingOptions) {
    this.#options = options;
  }

  /** Containers of this host are the driver's own from now on; the first call begins the looking. */
  own(host: string): void {
    if (host === "") return;
    this.#hosts.add(host);
    if (this.#started || !this.#options.agent.gc.dangling_containers.enabled) return;
    this.#started = true;
    void this.#run();
  }

  /** The host, where all tasks so far are of one. */
  get onlyHost(): string | undefined {
    const [host, ...others] = this.#hosts;
    return others.length === 0 ? host : undefined;
  }

  [Symbol.dispose](): void {
    this.#ending.abort();
  }

  async #run(): Promise<void> {
    const { period } = this.#options.agent.gc.dangling_containers;
    const { signal } = this.#ending;
    // A host that has just started needs the time to find its tasks again.
    let delayMs = Math.max(period, this.#graceMs);
    for (;;) {
      await pause(delayMs, signal, { unref: true }).catch(() => undefined);
      if (signal.aborted) return;
      if (this.#options.engineState().phase === "open") await this.#look();
      delayMs = period;
    }
  }

  get #graceMs(): number {
    const { creation_grace, gc } = this.#options.agent;
    return creation_grace ?? gc.dangling_containers.creation_grace;
  }

  async #look(): Promise<void> {
    const { engine, logger } = this.#options;
    const { onlyHost } = this;
    const label = onlyHost === undefined ? hostLabel : `${hostLabel}=${onlyHost}`;
    const rules = {
      hosts: this.#hosts,
      isTracked: this.#options.isTracked,
      createdBeforeMs: Date.now() - this.#graceMs,
    };
    try {
      const { signal } = this.#ending;
      const containers = await engine.listContainers({ labels: [label], states: unwantedStates, signal });
      const found = findDangling(containers, rules);
      if (this.#options.agent.gc.dangling_containers.dry_run) this.#tell(found);
      else for (const container of found) await this.#remove(container);
    } catch (error) {
      if (!this.#ending.signal.aborted)
        logger.warn("could not look for containers without a task", { error });
    }
  }

  #tell(found: readonly DanglingContainer[]): void {
    for (const container of found) {
      if (!this.#told.has(container.id))
        this.#options.logger.info("a container of no task would be removed", { ...container });
    }
    this.#told = new Set(found.map(({ id }) => id));
  }

  async #remove(container: DanglingContainer): Promise<void> {
    const { leftovers, logger, isTracked } = this.#options;
    // A start may have taken it over while others were removed.
    if (isTracked(container)) return;
    try {
      await leftovers.removeNow(container.id, { signal: this.#ending.signal });
      logger.warn("removed a container of no task", { ...container });
    } catch (error) {
      if (isLongshoreError(error, "canceled")) return;
      logger.warn("could not remove a container of no task", { ...container, error });
    }
  }
}
