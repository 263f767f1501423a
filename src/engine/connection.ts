import { readFileSync } from "node:fs";
import type { RequestOptions } from "node:http";
import { errorMessage, LongshoreError } from "../task/index.ts";

/** Client side of TLS to an engine. Each of the three is a path or the PEM text itself. */
export interface EngineTls {
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly ca?: string | undefined;
  /** False accepts any server certificate, as the docker command does without `DOCKER_TLS_VERIFY`. */
  readonly verify?: boolean | undefined;
}

/** What an endpoint means to node:http. */
export interface Connection {
  readonly protocol: "http:" | "https:";
  /** What every request to the engine has in common, TLS included. */
  readonly options: Readonly<RequestOptions>;
  /** Path in front of the API's own, for engines behind a proxy; empty for most. */
  readonly basePath: string;
  /** Path of the socket file, when it is one. */
  readonly socketPath?: string | undefined;
}

/**
 * Reads an endpoint: `unix://<path>`, `tcp://host[:port]`, `http://`, `https://`, on Windows `npipe://`.
 * `tcp` speaks TLS when `tls` is given. Throws `invalid` for anything else and for TLS files it cannot read.
 */
export function parseEndpoint(endpoint: string, tls?: EngineTls): Connection {
  const scheme = /^([a-z]+):\/\//.exec(endpoint)?.[1];
  if (scheme === "unix") return toSocketConnection(endpoint, endpoint.slice("unix://".length));
  if (scheme === "npipe") return toPipeConnection(endpoint);
  if (scheme === "tcp" || scheme === "http" || scheme === "https") return toTcpConnection(endpoint, tls);
  if (scheme === "ssh") {
    throw new LongshoreError("invalid", `Docker endpoint "${endpoint}": ssh is not supported`, {
      hint: "Forward the socket with `ssh -L /tmp/docker.sock:/var/run/docker.sock HOST` and use unix:///tmp/docker.sock.",
    });
  }
  throw new LongshoreError("invalid", `Docker endpoint "${endpoint}" has no scheme that Longshore knows`, {
    hint: "Write it as unix:///var/run/docker.sock, tcp://host:2375 or https://host:2376.",
  });
}

function toSocketConnection(endpoint: string, socketPath: string): Connection {
  if (!socketPath.startsWith("/")) {
    throw new LongshoreError("invalid", `Docker endpoint "${endpoint}": the socket's path is not absolute`, {
      hint: "A socket endpoint has three slashes: unix:///var/run/docker.sock.",
    });
  }
  return {
    protocol: "http:",
    options: { socketPath, headers: { Host: "docker" } },
    basePath: "",
    socketPath,
  };
}

function toPipeConnection(endpoint: string): Connection {
  if (process.platform !== "win32") {
    throw new LongshoreError("invalid", `Docker endpoint "${endpoint}": named pipes exist on Windows only`, {
      hint: "Use unix:///var/run/docker.sock.",
    });
  }
  const socketPath = endpoint.slice("npipe://".length).replaceAll("/", "\\");
  return {
    protocol: "http:",
    options: { socketPath, headers: { Host: "docker" } },
    basePath: "",
    socketPath,
  };
}

function toTcpConnection(endpoint: string, tls: EngineTls | undefined): Connection {
  const address = endpoint.replace(/^tcp:/, "http:");
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || url.hostname === "") {
    throw new LongshoreError("invalid", `Docker endpoint "${endpoint}" is not a valid address`, {
      hint: "Write it as tcp://host:2375.",
    });
  }
  const secure = url.protocol === "https:" || (tls !== undefined && endpoint.startsWith("tcp:"));
  // URL drops a port that is the scheme's own, so 80 and 443 must be looked up in the text.
  const port = url.port || /:(80|443)(?:\/|$)/.exec(endpoint)?.[1] || (secure ? "2376" : "2375");
  return {
    protocol: secure ? "https:" : "http:",
    options: {
      host: url.hostname.replace(/^\[|\]$/g, ""),
      port,
      ...(secure ? toTlsOptions(tls ?? {}) : {}),
    },
    basePath: url.pathname.replace(/\/+$/, ""),
  };
}

function toTlsOptions(tls: EngineTls): Record<string, string | boolean> {
  const options: Record<string, string | boolean> = { rejectUnauthorized: tls.verify !== false };
  for (const name of ["cert", "key", "ca"] as const) {
    const value = tls[name];
    if (value) options[name] = readPem(name, value);
  }
  if ((options.cert === undefined) !== (options.key === undefined)) {
    const missing = options.cert === undefined ? "certificate (cert)" : "key (key)";
    throw new LongshoreError("invalid", `Docker TLS: the client ${missing} is missing`, {
      hint: "Give both tls.cert and tls.key, or neither.",
    });
  }
  return options;
}

function readPem(name: string, value: string): string {
  if (value.includes("-----BEGIN ")) return value;
  try {
    return readFileSync(value, "utf8");
  } catch (cause) {
    throw new LongshoreError(
      "invalid",
      `Docker TLS: cannot read ${name} file "${value}": ${errorMessage(cause)}`,
      {
        cause,
        hint: `Check the path in tls.${name} (or DOCKER_CERT_PATH) and who may read it.`,
      },
    );
  }
}
