import type { CreateRequest, HostConfigRequest } from "../../engine/engine-types.ts";
import { compareApiVersions } from "../../engine/index.ts";
import type { NetworkIsolation } from "../../task/index.ts";
import { matchesGlob } from "../options/glob.ts";
import { type Planning, refuse } from "./planning.ts";

const seedModes = ["default", "bridge", "host", "none"];

/** Whether a mode names a network that someone made, so that aliases and fixed addresses work on it. */
export function isUserNetwork(mode: string): boolean {
  return !seedModes.includes(mode) && !mode.startsWith("container:");
}

/** Docker's network mode: the task's own, else the group's shared one, else the engine's default. */
export function planNetworkMode(planning: Planning): string {
  const { task, options } = planning;
  const mode = options.network_mode;
  if (mode !== undefined) {
    if (task.seedStyle && !seedModes.includes(mode)) {
      refuse(
        planning,
        ["network_mode"],
        `invalid network mode "${mode}"`,
        `Valid modes: ${seedModes.join(", ")}.`,
      );
    }
    checkAllowedMode(planning, mode);
    return mode;
  }
  const shared = task.networkIsolation?.labels.docker_sandbox_container_id;
  if (shared !== undefined) return `container:${shared}`;
  return task.networkIsolation?.mode === "none" ? "none" : "default";
}

function checkAllowedMode(planning: Planning, mode: string): void {
  const { network } = planning.agent.allowed_modes;
  if (network.length === 0 || network.some((glob) => matchesGlob(glob, mode))) return;
  const message = `"${mode}" is not in the docker driver's option allowed_modes.network (${network.join(", ")})`;
  refuse(planning, ["network_mode"], message);
}

/** Addresses and names of the container on its network. */
export function planEndpoint(
  planning: Planning,
  mode: string,
): Pick<CreateRequest, "NetworkingConfig" | "MacAddress"> {
  const { ipv4_address, ipv6_address, network_aliases } = planning.options;
  const userKeys = { ipv4_address, ipv6_address, network_aliases: network_aliases.length > 0 || undefined };
  const set = Object.entries(userKeys).filter(([, value]) => value !== undefined);
  if (!isUserNetwork(mode)) {
    for (const [key] of set) {
      refuse(
        planning,
        [key],
        "works only on a user-defined network",
        "Set network_mode to the network's name.",
      );
    }
  }
  const ipam = {
    ...(ipv4_address !== undefined && { IPv4Address: ipv4_address }),
    ...(ipv6_address !== undefined && { IPv6Address: ipv6_address }),
  };
  const endpoint = {
    ...(Object.keys(ipam).length > 0 && { IPAMConfig: ipam }),
    ...(network_aliases.length > 0 && { Aliases: network_aliases }),
  };
  const mac = planMacAddress(planning, mode);
  const settings = { ...endpoint, ...mac.endpoint };
  return {
    ...mac.container,
    ...(Object.keys(settings).length > 0 && { NetworkingConfig: { EndpointsConfig: { [mode]: settings } } }),
  };
}

/** Engines since API 1.44 want the address with the network, those before know it only of the container. */
function planMacAddress(planning: Planning, mode: string) {
  const { mac_address } = planning.options;
  if (mac_address === undefined) return {};
  if (mode === "host" || mode === "none" || mode.startsWith("container:")) {
    refuse(planning, ["mac_address"], `has no meaning in the network mode "${mode}"`);
  }
  const { apiVersion } = planning.engine;
  const old = apiVersion === undefined || compareApiVersions(apiVersion, "1.44") < 0;
  const address = { MacAddress: mac_address };
  return old ? { container: address } : { endpoint: address };
}

/** A file that is written into the task's folder and mounted before the container is made. */
export interface PlannedFile {
  readonly hostPath: string;
  readonly taskPath: string;
  readonly text: string;
}

/**
 * Names and how they are resolved. A container in another one's network cannot be given these by the engine:
 * there they are files that are mounted.
 */
export function planNames(
  planning: Planning,
  mode: string,
): {
  readonly host: Pick<HostConfigRequest, "Dns" | "DnsSearch" | "DnsOptions" | "ExtraHosts">;
  readonly hostname: string | undefined;
  readonly files: readonly PlannedFile[];
} {
  const { task, options } = planning;
  const hostname = planHostname(planning);
  const dns = planDns(planning);
  const joined = mode.startsWith("container:");
  if (!joined) {
    return {
      hostname,
      files: [],
      host: {
        ...(dns.servers.length > 0 && { Dns: dns.servers }),
        ...(dns.searches.length > 0 && { DnsSearch: dns.searches }),
        ...(dns.options.length > 0 && { DnsOptions: dns.options }),
        ...(options.extra_hosts.length > 0 && { ExtraHosts: options.extra_hosts }),
      },
    };
  }
  if (hostname !== undefined) {
    refuse(
      planning,
      ["hostname"],
      "cannot be set in another container's network",
      "Set the group network's hostname.",
    );
  }
  const folder = `${task.allocDir}/${task.name}`;
  const resolv = toResolvConf(dns);
  const hosts = toHosts(options.extra_hosts, task.networkIsolation);
  const files = [
    { hostPath: `${folder}/resolv.conf`, taskPath: "/etc/resolv.conf", text: resolv },
    { hostPath: `${folder}/hosts`, taskPath: "/etc/hosts", text: hosts },
  ];
  return { hostname: undefined, host: {}, files: files.filter((file) => file.text !== "") };
}

function planHostname(planning: Planning): string | undefined {
  const { hostname } = planning.options;
  const groups = planning.task.networkIsolation?.labels.docker_sandbox_hostname ?? "";
  if (hostname !== undefined && groups !== "") {
    refuse(planning, ["hostname"], `the group's network has the hostname "${groups}" already`);
    return undefined;
  }
  return hostname;
}

function planDns(planning: Planning) {
  const { dns_servers, dns_search_domains, dns_options } = planning.options;
  const own = { dns_servers, dns_search_domains, dns_options };
  if (planning.task.dns === undefined) {
    return { servers: dns_servers, searches: dns_search_domains, options: dns_options };
  }
  for (const [key, list] of Object.entries(own)) {
    if (list.length > 0)
      refuse(planning, [key], "cannot be used together with the group network's dns block");
  }
  return planning.task.dns;
}

function toResolvConf(dns: ReturnType<typeof planDns>): string {
  const lines = dns.servers.map((server) => `nameserver ${server}`);
  if (dns.searches.length > 0) lines.push(`search ${dns.searches.join(" ")}`);
  if (dns.options.length > 0) lines.push(`options ${dns.options.join(" ")}`);
  return lines.map((line) => `${line}\n`).join("");
}

function toHosts(extraHosts: readonly string[], isolation: NetworkIsolation | undefined): string {
  const { hosts, labels } = isolation ?? {};
  if (extraHosts.length === 0 && hosts === undefined) return "";
  const lines = extraHosts.map((entry) => {
    const colon = entry.indexOf(":");
    return `${entry.slice(colon + 1)} ${entry.slice(0, colon)}`;
  });
  const local = ["127.0.0.1 localhost", "::1 localhost ip6-localhost ip6-loopback"];
  const name = labels?.docker_sandbox_hostname ?? "";
  if (hosts !== undefined) local.push(`${hosts.address} ${hosts.hostname}`);
  else if (name !== "") local.push(`127.0.1.1 ${name}`);
  return [...local, ...lines].map((line) => `${line}\n`).join("");
}
