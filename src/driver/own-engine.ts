import { homedir } from "node:os";
import { createEngine, type Engine, findEndpoint } from "../engine/index.ts";
import type { Logger } from "../task/index.ts";
import type { AgentOptions } from "./options/agent-options.ts";

/**
 * The engine that the options name, else the one the docker command would use: `DOCKER_HOST`, its context, or the
 * usual sockets. Opens nothing yet. Throws `invalid` for an endpoint or TLS options that do not hold.
 */
export function openOwnEngine(endpoint: string | undefined, agent: AgentOptions, logger: Logger): Engine {
  const { ca, cert, key } = agent.tls;
  const hasTls = ca !== undefined || cert !== undefined || key !== undefined;
  const found = findEndpoint({
    option: endpoint ?? agent.endpoint,
    tls: hasTls ? { ca, cert, key } : undefined,
    env: process.env,
    homeDir: homedir(),
    uid: process.getuid?.(),
    mode: "machine",
  });
  return createEngine({ endpoint: found.endpoint, tls: found.tls, logger });
}
