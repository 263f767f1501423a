import { accessSync, constants, existsSync } from "node:fs";
import { join } from "node:path";
import type { EngineTls } from "./connection.ts";
import type { ContextSearch, FoundEndpoint } from "./docker-context.ts";
import { findContextEndpoint } from "./docker-context.ts";

/** Where to look for an engine. */
export interface EndpointSearch extends ContextSearch {
  /** The agent's `endpoint` (`docker.endpoint`); wins over all else. */
  readonly option?: string | undefined;
  /** The agent's `tls` block; wins over the environment's. */
  readonly tls?: EngineTls | undefined;
  /** The user's number; undefined on Windows. */
  readonly uid: number | undefined;
  /**
   * `machine` looks where the docker command does, and at the usual sockets. `strict`, for a Nomad client in
   * production, reads neither environment nor home.
   */
  readonly mode: "machine" | "strict";
}

const systemSocket = "/var/run/docker.sock";
const defaultEndpoint =
  process.platform === "win32" ? "npipe:////./pipe/docker_engine" : `unix://${systemSocket}`;

/**
 * Where the engine is: the option, else `DOCKER_HOST`, else the docker command's current context, else the first
 * usual socket that this user may use. Throws `invalid` when a context is named that cannot be read.
 */
export function findEndpoint(search: EndpointSearch): FoundEndpoint {
  return { ...find(search), ...(search.tls === undefined ? {} : { tls: search.tls }) };
}

function find(search: EndpointSearch): FoundEndpoint {
  if (search.option) {
    return { endpoint: search.option, reason: `${search.option}, because the endpoint option says so.` };
  }
  if (search.mode === "strict") {
    return { endpoint: defaultEndpoint, reason: `${defaultEndpoint}, because no endpoint option is set.` };
  }
  return findByHost(search) ?? findContextEndpoint(search) ?? findSocket(search);
}

function findByHost({ env, homeDir }: EndpointSearch): FoundEndpoint | undefined {
  const host = env.DOCKER_HOST;
  if (!host) return undefined;
  const endpoint = host.includes("://") ? host : `tcp://${host}`;
  const tls = endpoint.startsWith("unix:") ? undefined : toEnvironmentTls(env, homeDir);
  return { endpoint, tls, reason: `${endpoint}, because DOCKER_HOST says so.` };
}

function toEnvironmentTls(env: EndpointSearch["env"], homeDir: string): EngineTls | undefined {
  const verify = Boolean(env.DOCKER_TLS_VERIFY);
  if (!verify && !env.DOCKER_CERT_PATH) return undefined;
  const folder = env.DOCKER_CERT_PATH || env.DOCKER_CONFIG || join(homeDir, ".docker");
  return {
    ca: join(folder, "ca.pem"),
    cert: join(folder, "cert.pem"),
    key: join(folder, "key.pem"),
    verify,
  };
}

function findSocket(search: EndpointSearch): FoundEndpoint {
  if (process.platform === "win32") {
    return { endpoint: defaultEndpoint, reason: `${defaultEndpoint}, Docker Desktop's pipe.` };
  }
  const present = toUsualSockets(search).filter(({ path }) => existsSync(path));
  const first = present.find(({ path }) => isUsable(path)) ?? present[0];
  if (first === undefined) {
    return {
      endpoint: defaultEndpoint,
      reason: `${defaultEndpoint}, the default: DOCKER_HOST is not set, the docker command has no context of its own, and there is no socket in the usual places.`,
    };
  }
  const endpoint = `unix://${first.path}`;
  const note = isUsable(first.path) ? "" : ", although this user has no permission to use it";
  return { endpoint, reason: `${endpoint}, ${first.owner}${note}.` };
}

function toUsualSockets({ env, homeDir, uid }: EndpointSearch) {
  const runtimeDir = env.XDG_RUNTIME_DIR || (uid === undefined ? undefined : `/run/user/${uid}`);
  return [
    { path: systemSocket, owner: "the system's socket" },
    ...(runtimeDir === undefined
      ? []
      : [{ path: join(runtimeDir, "docker.sock"), owner: "this user's rootless engine" }]),
    { path: join(homeDir, ".docker/run/docker.sock"), owner: "Docker Desktop's socket" },
    { path: join(homeDir, ".docker/desktop/docker.sock"), owner: "Docker Desktop's socket" },
    { path: join(homeDir, ".orbstack/run/docker.sock"), owner: "OrbStack's socket" },
    { path: join(homeDir, ".colima/default/docker.sock"), owner: "Colima's socket" },
    { path: join(homeDir, ".rd/docker.sock"), owner: "Rancher Desktop's socket" },
  ];
}

function isUsable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
