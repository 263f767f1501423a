import { dirname, isAbsolute, join } from "node:path";
import { createEngine } from "../engine/index.ts";
import type { Logger, TaskConfig, TaskDriver } from "../task/index.ts";
import type { Topology } from "./container/planning.ts";
import { createDockerDriver } from "./docker-driver.ts";
import type { AgentOptions } from "./options/agent-options.ts";
import { findOwnEndpoint } from "./own-engine.ts";

export interface OpenDriverOptions {
  readonly agentOptions: AgentOptions;
  readonly logger: Logger;
  readonly topology?: Topology | undefined;
  /** `DOCKER_HOST` and its like, which count where no endpoint option is set. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A driver that closes its engine's connections with itself. */
export interface OpenDriver extends AsyncDisposable {
  readonly driver: TaskDriver;
}

/** A driver for a Nomad client: on the engine of the options, of `DOCKER_HOST`, or the system's. */
export function openDockerDriver({ env, logger, ...options }: OpenDriverOptions): OpenDriver {
  const { agentOptions } = options;
  const found = findOwnEndpoint({ agentOptions, env, mode: env.DOCKER_HOST ? "machine" : "strict" });
  logger.info("using the Docker engine", { endpoint: found.endpoint, reason: found.reason });
  const engine = createEngine(found);
  const driver = createDockerDriver({
    engine,
    logger,
    // A client has one docker driver; another client on the same engine is another node.
    hostOf: ({ nodeId }) => nodeId,
    imageNotesDir: toImageNotesDir,
    ...options,
  });
  return {
    driver,
    async [Symbol.asyncDispose]() {
      await driver[Symbol.asyncDispose]();
      await engine[Symbol.asyncDispose]();
    },
  };
}

/**
 * Beside the allocations' folders: a client tells no folder of its own, and these last and go with the rest of its data.
 */
function toImageNotesDir({ allocDir }: TaskConfig): string | undefined {
  return isAbsolute(allocDir) ? join(dirname(allocDir), "longshore-images") : undefined;
}
