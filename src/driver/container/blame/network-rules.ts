import type { Blame, BlamedPlan, BlameRule } from "./blame.ts";

const containerHint = (name: string) => `Is there a container "${name}"? \`docker ps --all\` shows them.`;
const addresses = ["ipv4_address", "ipv6_address"] as const;
const modes = ["network_mode", "ipc_mode", "pid_mode"] as const;

/** The engine's names of what a container in another's network, or in the host's, cannot have; and ours. */
const conflicts: readonly (readonly [words: RegExp, key: string])[] = [
  [/hostname/, "hostname"],
  [/mac-address/, "mac_address"],
  [/dns/, "dns_servers"],
  [/host-to-IP/, "extra_hosts"],
  [/port publishing|port exposing/, "ports"],
];

/** Words about networks, addresses, ports and whose namespaces are joined. */
export const networkRules: readonly BlameRule[] = [
  {
    words: /network ([^\s:]+) not found/,
    blame: ([, name = ""], { options }) =>
      options.network_mode === name
        ? {
            path: ["config", "network_mode"],
            kind: "not-found",
            hint: `Is there a network "${name}"? \`docker network ls\` shows them.`,
          }
        : undefined,
  },
  {
    words: /No such container: (\S+)/i,
    blame([, name = ""], { options }) {
      const key = modes.find((mode) => options[mode] === `container:${name}`);
      return key && { path: ["config", key], kind: "not-found", hint: containerHint(name) };
    },
  },
  {
    words: /non-shareable IPC/,
    blame: (_, { options }) => {
      if (options.ipc_mode === undefined) return undefined;
      return { path: ["config", "ipc_mode"], hint: 'The other container needs ipc_mode "shareable".' };
    },
  },
  {
    words: /cannot join (network|pid|ipc)\S* of a (?:non[ -]running|restarting) container/i,
    blame: ([, what = ""], { options }) => {
      const key = modes.find((mode) => mode.startsWith(what.toLowerCase()));
      return key && options[key] ? { path: ["config", key], kind: "conflict" } : undefined;
    },
  },
  {
    words: /user specified IP address is supported only|no configured subnet/i,
    blame: (_, plan) => blameAddress(plan, "Make the network with a subnet: docker network create --subnet."),
  },
  {
    words: /(?:Invalid address|IP address) ([\da-fA-F.:]*[\da-fA-F])/i,
    blame: ([, address], plan) => blameAddress(plan, "`docker network inspect` shows its subnets.", address),
  },
  {
    words: /^Address already in use$/,
    blame: (_, plan) => {
      const blame = blameAddress(plan, "Another container of the network has it, or did a moment ago.");
      return blame && { ...blame, kind: "conflict" };
    },
  },
  {
    words: /\bMAC\b|mac[- ]address/i,
    blame: (_, { options }) =>
      options.mac_address === undefined ? undefined : { path: ["config", "mac_address"] },
  },
  {
    words: /conflicting options: (.*)/,
    blame([, what = ""]) {
      const key = conflicts.find(([words]) => words.test(what))?.[1];
      return key === undefined ? undefined : { path: ["config", key] };
    },
  },
  {
    words:
      /([\d.]+|\[[\da-f:]+\]):(\d+)\S*(?: failed)?: (?:bind: )?(cannot assign requested address|port is already allocated|address already in use)/i,
    blame([, ip = "", number, why], { ports, options }) {
      const port = ports.find(({ hostPort }) => hostPort === Number(number));
      if (port === undefined) return undefined;
      const index = options.ports.indexOf(port.label);
      const path = index < 0 ? ["resources", "network"] : ["config", "ports", index];
      if (why !== "cannot assign requested address") return { path, kind: "conflict" };
      return { path, hint: `The engine's machine has no address ${ip}: \`ip address\` shows those it has.` };
    },
  },
  {
    words: /add-host|host-gateway/,
    blame: (_, { options }) =>
      options.extra_hosts.length === 0 ? undefined : { path: ["config", "extra_hosts"] },
  },
  {
    words: /the host (PID|IPC)|(network) namespace when user namespaces/i,
    blame([, what, network]) {
      const key = network === undefined ? `${what?.toLowerCase()}_mode` : "network_mode";
      return { path: ["config", key], hint: 'The engine remaps users: set userns_mode to "host" as well.' };
    },
  },
];

/** The key of an address; of the one that is written, where the words name it. */
function blameAddress({ options }: BlamedPlan, hint: string, address?: string): Blame | undefined {
  const set = addresses.filter((key) => options[key] !== undefined);
  const named = address === undefined ? undefined : set.find((key) => options[key] === address);
  const key = named ?? (set.length > 1 ? "network_mode" : set[0]);
  return key === undefined ? undefined : { path: ["config", key], hint };
}
