import { homedir } from "node:os";
import { createEngine, type Engine, type FoundEndpoint, findEndpoint } from "../engine/index.ts";
import type { Logger } from "../task/index.ts";
import type { AgentOptions } from "./options/agent-options.ts";

export interface EndpointChoice {
  /** Wins over the agent's `endpoint` option. */
  readonly endpoint?: string | undefined;
  readonly agentOptions: AgentOptions;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `strict` looks at nothing but the options; see the engine's `findEndpoint`. */
  readonly mode?: "machine" | "strict";
}

/**
 * Where the engine of this process's user is: where the options say, else where the docker command would look:
 * `DOCKER_HOST`, its context, the usual sockets. Throws `invalid` for a context or TLS options that do not hold.
 */
export function findOwnEndpoint({
  endpoint,
  agentOptions,
  env,
  mode = "machine",
}: EndpointChoice): FoundEndpoint {
  const { ca, cert, key } = agentOptions.tls;
  return findEndpoint({
    option: endpoint ?? agentOptions.endpoint,
    tls: ca === undefined && cert === undefined && key === undefined ? undefined : { ca, cert, key },
    env,
    homeDir: homedir(),
    uid: process.getuid?.(),
    mode,
  });
}

/** The engine there, by `findOwnEndpoint`; opens nothing yet, and throws what that one throws. */
export function openOwnEngine(
  endpoint: string | undefined,
  agentOptions: AgentOptions,
  logger: Logger,
): Engine {
  return createEngine({ ...findOwnEndpoint({ endpoint, agentOptions, env: process.env }), logger });
}
