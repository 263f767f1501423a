import type { Fingerprint, Logger } from "../task/index.ts";

/** Tells the agent's log why the engine cannot be used and what to do, once for each reason, and when it can again. */
export class HealthLog {
  readonly #logger: Logger;
  #told: string | undefined;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  note({ health, description }: Fingerprint): void {
    if (health !== "healthy") {
      if (description !== this.#told) this.#logger.warn(description);
      this.#told = description;
      return;
    }
    if (this.#told !== undefined) this.#logger.info("the Docker engine can be used again");
    this.#told = undefined;
  }
}
