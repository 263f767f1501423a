import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addUserNetwork, freePort, type UserNetwork } from "../bed/index.ts";
import { startDriver } from "../driver/driver-bed.ts";
import { sampleResources } from "../driver/sample-task.ts";
import { look } from "./look.ts";

describe("the task's names", () => {
  const seen = look({
    config: {
      network_mode: "bridge",
      hostname: "seven",
      dns_servers: ["192.0.2.53"],
      dns_search_domains: ["corp.example"],
      dns_options: ["ndots:3"],
      extra_hosts: ["db:192.0.2.9"],
      mac_address: "02:42:ac:11:77:02",
    },
    see: {
      hostname: "hostname",
      resolv: "cat /etc/resolv.conf",
      hosts: "cat /etc/hosts",
      mac: "cat /sys/class/net/eth0/address",
    },
  });

  it("`hostname`: is what the kernel says", () => {
    expect(seen().inside("hostname")).toBe("seven");
  });

  it("`dns_servers`, `dns_search_domains`, `dns_options`: are in resolv.conf", () => {
    const lines = seen().inside("resolv").split("\n");
    expect(lines).toEqual(
      expect.arrayContaining(["nameserver 192.0.2.53", "search corp.example", "options ndots:3"]),
    );
  });

  it("`extra_hosts`: are in /etc/hosts", () => {
    expect(seen().inside("hosts")).toMatch(/^192\.0\.2\.9\s+db$/m);
  });

  it("`mac_address`: is the interface's", () => {
    expect(seen().inside("mac")).toBe("02:42:ac:11:77:02");
  });
});

describe("on a user's network", () => {
  let network: UserNetwork;
  beforeAll(async () => {
    network = await addUserNetwork();
  });
  afterAll(async () => await network?.[Symbol.asyncDispose]());

  it("`network_mode`, `ipv4_address`, `ipv6_address`, `network_aliases`, `advertise_ipv6_address`: the container has the addresses and names, and tells the host the IPv6 one", async () => {
    await using bench = startDriver();
    const { name, prefix } = network;
    const addresses = { ipv4_address: `${prefix.v4}77`, ipv6_address: `${prefix.v6}77` };
    const config = {
      network_mode: name,
      network_aliases: ["seven"],
      advertise_ipv6_address: true,
      ...addresses,
    };
    const task = await bench.start("sleep 600", { driverConfig: config });
    const output = await bench.driver.execTask(task.id, {
      command: ["sh", "-c", "ip addr show eth0; nslookup seven 127.0.0.11"],
      timeoutMs: 20_000,
    });
    const inside = Buffer.from(output.stdout).toString();
    expect(inside).toContain(`inet ${addresses.ipv4_address}/24`);
    expect(inside).toContain(`inet6 ${addresses.ipv6_address}/64`);
    expect(inside).toMatch(new RegExp(`Name:\\s+seven\\n.*${addresses.ipv4_address.replaceAll(".", "\\.")}`));
    expect(bench.driver.inspectTask(task.id).network).toMatchObject({
      ip: addresses.ipv6_address,
      autoAdvertise: true,
    });
  });
});

describe("the task's ports", () => {
  const hostPort = freePort();
  const group = look({
    config: { ports: ["http"] },
    task: async () => ({
      resources: sampleResources({
        ports: [{ label: "http", value: await hostPort, to: 80, hostIp: "127.0.0.1" }],
      }),
    }),
    see: { nothing: "true" },
  });
  const own = look({
    config: { port_map: { web: 81 } },
    task: async () => ({
      resources: sampleResources({
        networks: [
          { ip: "127.0.0.1", reservedPorts: [], dynamicPorts: [{ label: "web", value: await freePort() }] },
        ],
      }),
    }),
    see: { port: "echo $NOMAD_PORT_web" },
  });

  it("`ports`: the group's port leads to where it says", () => {
    expect(Object.keys(group().inspected.HostConfig.PortBindings ?? {})).toEqual(["80/tcp", "80/udp"]);
  });

  it("`port_map`: the task's own port leads there, and the task knows its number", () => {
    expect(Object.keys(own().inspected.HostConfig.PortBindings ?? {})).toEqual(["81/tcp", "81/udp"]);
    expect(own().inside("port")).toBe("81");
  });
});
