import { isDeepStrictEqual } from "node:util";
import type { Topology } from "../driver/index.ts";
import type { AgentOptions } from "../driver/options/agent-options.ts";
import { errorMessage, type Logger, LongshoreError } from "../task/index.ts";
import type { HostedDriver } from "./hosted-driver.ts";
import type { Environment } from "./started-by-host.ts";

/** What an agent configures a driver with. */
export interface DriverSettings {
  readonly agentOptions: AgentOptions;
  readonly topology: Topology | undefined;
}

/**
 * The plugin's driver. It is made when it is first needed: of the three processes that an agent starts, two are only
 * asked what they are.
 */
export class DriverSlot implements AsyncDisposable {
  readonly #logger: Logger;
  readonly #env: Environment;
  #settings: DriverSettings | undefined;
  #opening: Promise<HostedDriver> | undefined;
  #hosted: HostedDriver | undefined;
  #closings = 0;
  /** Why it could not be made last. */
  #failure: string | undefined;

  constructor(logger: Logger, env: Environment) {
    this.#logger = logger;
    this.#env = env;
  }

  /**
   * Takes new settings. A driver that runs with others is closed, and its calls end; the host then recovers the tasks.
   * The same settings again change nothing.
   */
  async configure(settings: DriverSettings): Promise<void> {
    if (isDeepStrictEqual(settings, this.#settings)) return;
    this.#settings = settings;
    await this[Symbol.asyncDispose]();
  }

  /** What the host has set. Throws `conflict` before it has. */
  get settings(): DriverSettings {
    if (this.#settings !== undefined) return this.#settings;
    throw new LongshoreError("conflict", "the agent has not configured the plugin yet");
  }

  /** How many drivers were closed: another number means that a call's driver may be gone. */
  get closings(): number {
    return this.#closings;
  }

  get hasRunningTasks(): boolean {
    return this.#hosted?.hasRunningTasks ?? false;
  }

  /** The driver. Rejects when it cannot be made, of a missing certificate for instance; the next call tries again. */
  async hosted(): Promise<HostedDriver> {
    this.#opening ??= this.#open(this.settings);
    const opening = this.#opening;
    try {
      return await opening;
    } catch (error) {
      if (this.#opening === opening) this.#opening = undefined;
      this.#tell(error);
      throw error;
    }
  }

  /** Once, however often it is tried again. */
  #tell(error: unknown): void {
    const failure = errorMessage(error);
    if (failure !== this.#failure) this.#logger.error("the docker driver cannot run", { error });
    this.#failure = failure;
  }

  async #open(settings: DriverSettings): Promise<HostedDriver> {
    const { openHostedDriver } = await import("./open-hosted-driver.ts");
    this.#hosted = openHostedDriver({ ...settings, logger: this.#logger, env: this.#env });
    return this.#hosted;
  }

  /** Closes the driver; the next call makes another one. */
  async [Symbol.asyncDispose](): Promise<void> {
    const opening = this.#opening;
    this.#opening = undefined;
    if (opening !== undefined) this.#closings++;
    const hosted = await opening?.catch(() => undefined);
    await hosted?.[Symbol.asyncDispose]();
  }
}
