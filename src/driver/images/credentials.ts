import type { RegistryAuth } from "../../engine/index.ts";
import type { CallOptions, Logger } from "../../task/index.ts";
import { errorMessage, isLongshoreError } from "../../task/index.ts";
import { askCredentialHelper } from "./credential-helper.ts";
import { readDockerConfig } from "./docker-config.ts";
import type { ImageReference } from "./image-reference.ts";
import { toRegistryAuth } from "./login.ts";

/** The task's `auth` block. */
export interface TaskAuth {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly email?: string | undefined;
  readonly serverAddress?: string | undefined;
}

/** The agent's `auth` block. */
export interface AgentAuth {
  /** Path of a docker config file. */
  readonly config?: string | undefined;
  /** `x` for the program `docker-credential-x`. */
  readonly helper?: string | undefined;
  /** For one call of a helper, milliseconds (30,000). */
  readonly helperTimeoutMs?: number | undefined;
}

export interface CredentialsQuery extends CallOptions {
  readonly reference: ImageReference;
  readonly auth?: TaskAuth | undefined;
  /** Answer none in place of an error. */
  readonly softFail?: boolean | undefined;
}

/** Under which Docker Hub's login is kept in docker config files and by helpers. */
const hubServer = "https://index.docker.io/v1/";

/**
 * The login for an image's registry, from the first source that has one: the task's `auth`, the agent's docker
 * config file (its `auths`, then the helper of `credHelpers` for the registry, then `credsStore`), the agent's
 * helper. Undefined when none has. Rejects when a source cannot be read, unless `softFail`; never with a secret.
 */
export async function findCredentials(
  agent: AgentAuth,
  query: CredentialsQuery,
  logger: Logger,
): Promise<RegistryAuth | undefined> {
  const fromTask = fromTaskAuth(query.auth);
  if (fromTask !== undefined) return fromTask;
  try {
    return (await fromConfig(agent, query)) ?? (await fromAgentHelper(agent, query));
  } catch (error) {
    if (query.softFail !== true || isLongshoreError(error, "canceled")) throw error;
    const why = errorMessage(error);
    logger.warn(`Going on without a login: ${why}`, { registry: query.reference.host });
    return undefined;
  }
}

function fromTaskAuth(auth: TaskAuth | undefined): RegistryAuth | undefined {
  if (!auth?.username && !auth?.password && !auth?.serverAddress) return undefined;
  const { username, password: secret, serverAddress } = auth;
  return toRegistryAuth({ username, secret, serverAddress });
}

async function fromConfig(agent: AgentAuth, query: CredentialsQuery): Promise<RegistryAuth | undefined> {
  if (!agent.config) return undefined;
  const config = await readDockerConfig(agent.config);
  const { host } = query.reference;
  const server = host === "docker.io" ? hubServer : host;
  const found = config.findAuth(server);
  if (found !== undefined) return found;
  for (const helper of [config.helperOf(server), config.store]) {
    const answer = helper === undefined ? undefined : await ask(agent, helper, server, query);
    if (answer !== undefined) return answer;
  }
  return undefined;
}

async function fromAgentHelper(agent: AgentAuth, query: CredentialsQuery): Promise<RegistryAuth | undefined> {
  if (!agent.helper) return undefined;
  const { host } = query.reference;
  const answer = await ask(agent, agent.helper, host, query);
  // Helpers written for Nomad know Docker Hub by its name, the docker command's by its old address.
  if (answer !== undefined || host !== "docker.io") return answer;
  return ask(agent, agent.helper, hubServer, query);
}

function ask(agent: AgentAuth, helper: string, server: string, query: CredentialsQuery) {
  return askCredentialHelper({
    helper,
    server,
    timeoutMs: agent.helperTimeoutMs ?? 30_000,
    signal: query.signal,
  });
}
