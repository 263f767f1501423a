import { LongshoreError } from "../task/index.ts";
import type { Environment } from "./started-by-host.ts";

const coreProtocol = 1;
const pluginProtocol = 2;
const portRange = { min: 10_000, max: 25_000 };

/** What the host asks for, from its environment; go-plugin's documentation has the names. */
export interface HostWishes {
  /** The host's certificate, PEM; it wants mutual TLS then. */
  readonly clientCert: string | undefined;
  readonly socketDir: string | undefined;
  /** Name or number of the group that may connect to the socket. */
  readonly socketGroup: string | undefined;
  /** A TCP port in place of a socket; what go-plugin's hosts ask for by being on Windows has a variable here. */
  readonly asksTcp: boolean;
  /** For a TCP listener. */
  readonly ports: { readonly min: number; readonly max: number };
  /** The host knows multiplexing and waits to hear whether the plugin does. */
  readonly asksMultiplex: boolean;
}

export type ListenAddress =
  | { readonly network: "unix"; readonly path: string }
  | { readonly network: "tcp"; readonly host: string; readonly port: number };

/** Reads the host's wishes. Throws `invalid` when it speaks no protocol that this plugin does. */
export function readHostWishes(env: Environment): HostWishes {
  const versions = (env.PLUGIN_PROTOCOL_VERSIONS ?? "").split(",").map((version) => version.trim());
  if (!versions.includes(String(pluginProtocol)) && versions.join("") !== "") {
    const message = `the Nomad agent speaks plugin protocol ${versions.join(", ")}, and this plugin ${pluginProtocol}`;
    throw new LongshoreError("invalid", message, {
      hint: "Nomad 1.1 and later speak it: upgrade the agent.",
    });
  }
  return {
    clientCert: env.PLUGIN_CLIENT_CERT || undefined,
    socketDir: env.PLUGIN_UNIX_SOCKET_DIR || undefined,
    socketGroup: env.PLUGIN_UNIX_SOCKET_GROUP || undefined,
    asksTcp: process.platform === "win32" || env.LONGSHORE_PLUGIN_NETWORK === "tcp",
    ports: readPorts(env),
    asksMultiplex: env.PLUGIN_MULTIPLEX_GRPC !== undefined,
  };
}

function readPorts(env: Environment): HostWishes["ports"] {
  const min = Number(env.PLUGIN_MIN_PORT || portRange.min);
  const max = Number(env.PLUGIN_MAX_PORT || portRange.max);
  const isPort = (port: number) => Number.isInteger(port) && port >= 0 && port <= 65_535;
  if (isPort(min) && isPort(max) && min <= max) return { min, max };
  throw new LongshoreError(
    "invalid",
    `PLUGIN_MIN_PORT (${env.PLUGIN_MIN_PORT}) to PLUGIN_MAX_PORT (${env.PLUGIN_MAX_PORT}) is no range of ports`,
  );
}

/** The one line that goes to stdout. `certificate` is DER; undefined without TLS. */
export function toHandshakeLine(
  address: ListenAddress,
  wishes: HostWishes,
  certificate: Uint8Array | undefined,
): string {
  const where = address.network === "unix" ? address.path : `${address.host}:${address.port}`;
  // Go's raw base64 has no padding.
  const cert =
    certificate === undefined ? "" : Buffer.from(certificate).toString("base64").replace(/=+$/, "");
  const fields = [coreProtocol, pluginProtocol, address.network, where, "grpc", cert];
  return `${[...fields, ...(wishes.asksMultiplex ? ["false"] : [])].join("|")}\n`;
}
