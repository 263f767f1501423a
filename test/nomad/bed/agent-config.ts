/** The ports of an agent. */
export interface AgentPorts {
  readonly http: number;
  readonly rpc: number;
  readonly serf: number;
}

interface AgentConfig {
  readonly name: string;
  readonly folder: string;
  /** Where it listens and is reached. */
  readonly address: string;
  readonly ports: AgentPorts;
}

export interface ClientConfig extends AgentConfig {
  readonly pluginDir: string;
  /** The server's address and port. */
  readonly serverRpc: string;
  /** How often the agent was started; its node's meta tells it. */
  readonly starts: number;
  readonly metrics: boolean;
  readonly networkInterface: string;
  /** The engine's endpoint. */
  readonly endpoint: string;
  /** HCL inside `plugin "docker" { config { ... } }`. */
  readonly docker: string;
  /** HCL inside `client { ... }`. */
  readonly client: string;
  /** Host and port of a Consul; there is none when undefined. */
  readonly consul: string | undefined;
}

/** The key of a node's meta that tells how often its agent was started. */
export const startsKey = "bed_starts";

export function toServerConfig(config: AgentConfig): string {
  return `
${toCommonConfig(config)}
server {
  enabled          = true
  bootstrap_expect = 1
  raft_multiplier  = 1
  heartbeat_grace  = "5m"
}
`;
}

/**
 * The driver, whichever it is, never removes images, nor containers that it does not know: the engine is shared with
 * others.
 */
export function toClientConfig(config: ClientConfig): string {
  return `
${toCommonConfig(config)}
plugin_dir = ${quote(config.pluginDir)}
${toConsulConfig(config.consul)}
telemetry {
  publish_allocation_metrics = ${config.metrics}
}
client {
  enabled           = true
  network_interface = ${quote(config.networkInterface)}
  servers           = [${quote(config.serverRpc)}]
  meta {
    ${startsKey} = "${config.starts}"
  }
  options {
    "fingerprint.denylist" = "env_aws,env_gce,env_azure,env_digitalocean,vault${config.consul === undefined ? ",consul" : ""}"
    "driver.allowlist"     = "docker"
  }
  ${config.client}
}
plugin "docker" {
  config {
    endpoint = ${quote(config.endpoint)}
    gc {
      image = false
      dangling_containers {
        enabled = false
      }
    }
    ${config.docker}
  }
}
`;
}

function toConsulConfig(address: string | undefined): string {
  if (address === undefined) return "";
  return `
consul {
  address          = ${quote(address)}
  auto_advertise   = false
  client_auto_join = false
}
`;
}

function toCommonConfig({ name, folder, address, ports }: AgentConfig): string {
  return `
name       = ${quote(name)}
data_dir   = ${quote(`${folder}/data`)}
bind_addr  = ${quote(address)}
log_level  = "DEBUG"
disable_update_check = true
advertise {
  http = "${address}:${ports.http}"
  rpc  = "${address}:${ports.rpc}"
  serf = "${address}:${ports.serf}"
}
ports {
  http = ${ports.http}
  rpc  = ${ports.rpc}
  serf = ${ports.serf}
}
limits {
  http_max_conns_per_client = 0
}
`;
}

/** A text as an HCL string without references. */
export function quote(text: string): string {
  return JSON.stringify(text).replaceAll("${", "$${").replaceAll("%{", "%%{");
}
