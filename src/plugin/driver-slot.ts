import { isDeepStrictEqual } from "node:util";
import type { OpenDriver, Topology } from "../driver/index.ts";
import type { AgentOptions } from "../driver/options/agent-options.ts";
import { type Logger, LongshoreError, type TaskDriver } from "../task/index.ts";
import type { Environment } from "./handshake.ts";

/** What a host configures a driver with. */
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
  #opening: Promise<OpenDriver> | undefined;

  constructor(logger: Logger, env: Environment) {
    this.#logger = logger;
    this.#env = env;
  }

  /**
   * Takes new settings. A driver that runs with others is closed, and its calls end as `unavailable`; its host then
   * recovers the tasks. The same settings again change nothing.
   */
  async configure(settings: DriverSettings): Promise<void> {
    if (isDeepStrictEqual(settings, this.#settings)) return;
    this.#settings = settings;
    await this.#close();
  }

  /** What the host has set. Throws `conflict` before it has. */
  get settings(): DriverSettings {
    if (this.#settings !== undefined) return this.#settings;
    throw new LongshoreError("conflict", "the agent has not configured the plugin yet");
  }

  async driver(): Promise<TaskDriver> {
    this.#opening ??= this.#open(this.settings);
    return (await this.#opening).driver;
  }

  async #open(settings: DriverSettings): Promise<OpenDriver> {
    const { openDockerDriver } = await import("../driver/open-driver.ts");
    return openDockerDriver({ ...settings, logger: this.#logger, env: this.#env });
  }

  async #close(): Promise<void> {
    const opening = this.#opening;
    this.#opening = undefined;
    await (await opening)?.[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }
}
