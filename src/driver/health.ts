import type { Engine } from "../engine/index.ts";
import type { CallOptions, Fingerprint } from "../task/index.ts";
import { FanOut } from "./fan-out.ts";
import { findBridgeIp, toFingerprint } from "./fingerprint.ts";
import type { AgentOptions } from "./options/agent-options.ts";
import type { WatchState } from "./watch/engine-watch.ts";

const waitingFingerprints = 8;
const unknown: Fingerprint = {
  health: "undetected",
  description: "Failed to initialize docker client",
  attributes: {},
};

/** What is known of the engine, for all who want to follow it. */
export class Health {
  readonly #engine: Engine;
  readonly #agent: AgentOptions;
  readonly #readers = new FanOut<Fingerprint>(waitingFingerprints, () => this.#last ?? unknown);
  #last: Fingerprint | undefined;
  #bridgeIp: Promise<string | undefined> | undefined;
  #away = false;
  #seen = false;

  constructor(engine: Engine, agent: AgentOptions) {
    this.#engine = engine;
    this.#agent = agent;
  }

  /** The engine was there and cannot be reached now, or never could. */
  get away(): boolean {
    return this.#away;
  }

  /** The last fingerprint, if there is one, and all that come. */
  read(options: CallOptions): AsyncIterable<Fingerprint> {
    const first = this.#last === undefined ? [] : [this.#last];
    return this.#complete(this.#readers.read({ ...options, first }));
  }

  /** Adds what the engine is asked for only when somebody wants to know. */
  async *#complete(fingerprints: AsyncIterable<Fingerprint>): AsyncGenerator<Fingerprint> {
    for await (const fingerprint of fingerprints) {
      if (fingerprint.health !== "healthy") this.#bridgeIp = undefined;
      else this.#bridgeIp ??= findBridgeIp(this.#engine);
      const bridgeIp = await this.#bridgeIp;
      if (bridgeIp === undefined) yield fingerprint;
      else yield withAttribute(fingerprint, "driver.docker.bridge_ip", bridgeIp);
    }
  }

  /** Takes in the watch's state; answers whether the engine has gone or come with it. */
  update(state: WatchState): "lost" | "found" | undefined {
    if (state.phase === "open") this.#seen = true;
    const fingerprint = toFingerprint(state, { agent: this.#agent, seen: this.#seen });
    if (fingerprint === undefined) return undefined;
    if (JSON.stringify(fingerprint) !== JSON.stringify(this.#last)) this.#readers.push(fingerprint);
    const known = this.#last !== undefined;
    this.#last = fingerprint;
    const away = state.phase === "lost";
    if (known && away === this.#away) return undefined;
    this.#away = away;
    return away ? "lost" : "found";
  }

  close(): void {
    this.#readers.close();
  }
}

function withAttribute(fingerprint: Fingerprint, name: string, value: string): Fingerprint {
  return { ...fingerprint, attributes: { ...fingerprint.attributes, [name]: value } };
}
