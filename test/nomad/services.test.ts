import { networkInterfaces } from "node:os";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  addUserNetwork,
  askTcp,
  askUdp,
  bed,
  echoContent,
  freePort,
  importImage,
  removeImage,
  type UserNetwork,
} from "../bed/index.ts";
import {
  type Consul,
  describeNomad,
  execInTask,
  isNomadSince,
  readResources,
  runJob,
  shellJob,
  startConsul,
  startNomadAgent,
  untilLogged,
  useNomad,
} from "./bed/index.ts";

const hasIpv6 = Object.values(networkInterfaces()).some((list) =>
  list?.some(({ address }) => address === "::1"),
);

/** Agents before 1.3 know no services of their own. */
const testWithServices = test.skipIf(!isNomadSince("1.3"));

describeNomad("what a task serves", () => {
  const { socket } = bed();
  let consul: Consul;
  let network: UserNetwork;
  let image = "";
  let fixed = 0;
  beforeAll(async () => {
    const name = { name: "longshore-test/services", tag: bed().runId };
    image = await importImage(socket, name, await echoContent());
    consul = await startConsul();
    network = await addUserNetwork();
    fixed = await freePort();
  });
  afterAll(async () => {
    await network?.[Symbol.asyncDispose]();
    await consul?.[Symbol.asyncDispose]();
    await removeImage(socket, image);
  });
  const cluster = useNomad(() => {
    const client = 'host_network "six" {\n cidr = "::1/128"\n}';
    return startNomadAgent({ socket, client, consul: consul.address });
  });

  const servedAt = async (port: number, host = "127.0.0.1") => [
    await askTcp(port, host),
    await askUdp(port, host),
  ];
  const echo = ["tcp hello\n", "udp hello"];

  test("is reached at the group's ports: with and without `to`, static, of other host networks, of the host itself", async () => {
    const group = `
      network {
        port "mapped" {
          to = 7
        }
        port "same" {}
        port "fixed" {
          static = ${fixed}
          to     = 7
        }
        port "hosted" {}
        ${hasIpv6 ? 'port "six" {\n to = 7\n host_network = "six"\n}' : ""}
      }`;
    const bound = ["mapped", "same", "fixed", ...(hasIpv6 ? ["six"] : [])];
    const job = shellJob({
      id: "ports",
      image,
      script: "echo-server $NOMAD_PORT_same & exec echo-server $NOMAD_PORT_mapped",
      config: `ports = ${JSON.stringify(bound)}`,
      group,
      tasks: [
        {
          name: "hosted",
          image,
          script: "exec echo-server $NOMAD_PORT_hosted",
          config: 'network_mode = "host"',
        },
        { name: "closed", image, script: "exec echo-server 7", config: 'network_mode = "none"' },
      ],
    });
    const alloc = await runJob(cluster.server, job);
    const { Ports } = (await readResources(cluster.server, alloc)).Shared;
    expect(Ports?.map(({ Label }) => Label).sort()).toEqual([...bound, "hosted"].sort());
    for (const { Label, Value, HostIP } of Ports ?? []) {
      expect(HostIP).toBe(Label === "six" ? "::1" : "127.0.0.1");
      expect(await servedAt(Value, HostIP), Label).toEqual(echo);
    }
    expect(Ports?.find(({ Label }) => Label === "fixed")?.Value).toBe(fixed);
    expect(await execInTask(cluster.server, alloc, "ls /sys/class/net", "closed")).toBe("lo\n");
  });

  test("is reached at the ports of a task's own network, by `port_map` and without", async () => {
    const more = `
      resources {
        cpu    = 20
        memory = 32
        network {
          port "mapped" {}
          port "same" {}
        }
      }`;
    const script =
      "echo $NOMAD_PORT_mapped $NOMAD_HOST_PORT_mapped; echo-server $NOMAD_PORT_same & exec echo-server 7";
    const config = "port_map {\n mapped = 7\n}";
    const alloc = await runJob(cluster.server, shellJob({ id: "own-ports", image, script, config, more }));
    const [own] = (await readResources(cluster.server, alloc)).Tasks.app?.Networks ?? [];
    const ports = own?.DynamicPorts ?? [];
    expect(ports.map(({ Label }) => Label).sort()).toEqual(["mapped", "same"]);
    for (const { Label, Value } of ports) expect(await servedAt(Value), Label).toEqual(echo);
    const mapped = ports.find(({ Label }) => Label === "mapped")?.Value;
    expect(await untilLogged(cluster.server, alloc, "\n")).toBe(`7 ${mapped}\n`);
  });

  testWithServices(
    "is told to others at the container's own IPv6 address where the task says so",
    async () => {
      const more = `
      service {
        name         = "six"
        provider     = "nomad"
        port         = "echo"
        address_mode = "driver"
      }`;
      const config = `network_mode = "${network.name}"\nadvertise_ipv6_address = true\nports = ["echo"]`;
      const group = 'network {\n port "echo" {\n to = 7\n }\n}';
      const script = "exec echo-server 7";
      await runJob(cluster.server, shellJob({ id: "six", image, script, config, group, more }));
      type Service = { readonly Address: string; readonly Port: number };
      const [service] = await cluster.server.api.until<readonly Service[]>(
        "/v1/service/six",
        (services) => services.length > 0,
      );
      expect(service).toMatchObject({ Address: expect.stringMatching(`^${network.prefix.v6}`), Port: 7 });
    },
  );

  test("is checked by scripts in the task", async () => {
    const more = `
      service {
        name = "checked"
        check {
          name     = "ours"
          type     = "script"
          command  = "/bin/sh"
          args     = ["-c", "echo state $(cat /local/state); exit $(cat /local/state)"]
          interval = "1s"
          timeout  = "60s"
        }
        check {
          name     = "slow"
          type     = "script"
          command  = "/bin/sleep"
          args     = ["1000"]
          interval = "1s"
          timeout  = "1s"
        }
      }`;
    const script = "echo 0 > /local/state; exec echo-server 7";
    const alloc = await runJob(cluster.server, shellJob({ id: "checked", image, script, more }));
    expect(await consul.untilTold("ours", "passing")).toBe("state 0\n");
    await execInTask(cluster.server, alloc, "echo 1 > /local/state");
    expect(await consul.untilTold("ours", "warning")).toBe("state 1\n");
    await execInTask(cluster.server, alloc, "echo 2 > /local/state");
    expect(await consul.untilTold("ours", "critical")).toBe("state 2\n");
    expect(await consul.untilTold("slow", "critical")).toMatch(/timed? ?out|deadline/i);
  });
});
