import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseAgentOptions } from "../../src/driver/index.ts";
import { isLongshoreError, type TaskConfig } from "../../src/task/index.ts";
import {
  addUserNetwork,
  askTcp,
  askUdp,
  bed,
  callEngineOk,
  echoContent,
  freePort,
  importImage,
  makeTaskConfig,
  removeImage,
} from "../bed/index.ts";
import { makeShellTask, startDriver } from "./driver-bed.ts";
import { sampleResources } from "./sample-task.ts";

const lo = "127.0.0.1";
let echo = "";

beforeAll(async () => {
  echo = await importImage(
    bed().socket,
    { name: "longshore-test/network", tag: bed().runId },
    await echoContent(),
  );
});
afterAll(async () => {
  await removeImage(bed().socket, echo);
});

async function makeEchoTask(command: readonly string[], overrides: Partial<TaskConfig>): Promise<TaskConfig> {
  const driverConfig = {
    image: echo,
    command: command[0],
    args: command.slice(1),
    ...overrides.driverConfig,
  };
  return await makeTaskConfig({ ...overrides, driverConfig });
}

/** The machine's address on the engine's bridge; Node does not list it while no container runs there. */
async function findGateway(): Promise<string> {
  const bridge = (await callEngineOk(bed().socket, "GET", "/networks/bridge")) as {
    IPAM: { Config: { Gateway?: string; Subnet: string }[] };
  };
  const [config] = bridge.IPAM.Config;
  return config?.Gateway ?? config?.Subnet.replace(/\.0\/\d+$/, ".1") ?? "";
}

describe("ports", () => {
  it("of 2015's numeric labels lead from a host port to that port, by TCP and UDP", async () => {
    await using bench = startDriver();
    const port = await freePort();
    const networks = [{ ip: lo, reservedPorts: [], dynamicPorts: [{ label: "7", value: port, to: 7 }] }];
    const task = await makeEchoTask(["echo-server", "7"], { resources: sampleResources({ networks }) });
    await bench.startTask(task);
    expect(await askTcp(port)).toBe("tcp hello\n");
    expect(await askUdp(port)).toBe("udp hello");
  });

  it("of other 2015 labels and reserved ones have one number on both sides, in one task with numeric ones", async () => {
    await using bench = startDriver();
    const [named, reserved, mapped] = [await freePort(), await freePort(), await freePort()];
    const networks = [
      {
        ip: lo,
        reservedPorts: [{ label: "main", value: reserved }],
        dynamicPorts: [
          { label: "http", value: named },
          { label: "7", value: mapped, to: 7 },
        ],
      },
    ];
    const servers = `echo-server ${named} & echo-server ${reserved} & exec echo-server 7`;
    const task = await makeEchoTask(["sh", "-c", servers], { resources: sampleResources({ networks }) });
    await bench.startTask(task);
    for (const port of [named, reserved, mapped]) {
      expect(await askTcp(port)).toBe("tcp hello\n");
      expect(await askUdp(port)).toBe("udp hello");
    }
  });

  it("of the group's network lead where `to` says, on the host's address only", async () => {
    await using bench = startDriver();
    const port = await freePort();
    const ports = [{ label: "echo", value: port, to: 7, hostIp: lo }];
    const task = await makeEchoTask(["echo-server", "7"], {
      resources: sampleResources({ ports }),
      driverConfig: { ports: ["echo"] },
    });
    await bench.startTask(task);
    expect(await askTcp(port)).toBe("tcp hello\n");
    expect(await askUdp(port)).toBe("udp hello");
    const started = bench.events.find(({ detail }) => detail.type === "started");
    expect(started?.detail).toMatchObject({ addresses: [`${lo}:${port}`] });
    const { container_id } = bench.driver.inspectTask(task.id).attributes;
    const found = await bench.engine.inspectContainer(container_id ?? "");
    const binding = [{ HostIp: lo, HostPort: String(port) }];
    expect(found.NetworkSettings.Ports).toEqual({ "7/tcp": binding, "7/udp": binding });
  });

  it("of a shared network are those of its container, and its tasks reach each other at localhost", async () => {
    const agentOptions = parseAgentOptions({ infra_image: echo });
    await using bench = startDriver({ agentOptions });
    const allocId = randomUUID();
    const port = await freePort();
    const ports = [{ label: "echo", value: port, to: 7, hostIp: lo }];
    const { isolation, created } = await bench.driver.createNetwork(allocId, { ports, hostname: "shared" });
    try {
      expect(created).toBe(true);
      expect((await bench.driver.createNetwork(allocId, { ports })).created).toBe(false);
      expect(isolation).toMatchObject({ mode: "group", labels: { docker_sandbox_hostname: "shared" } });
      expect(isolation.path).toMatch(/^\//);
      expect(await askTcp(port)).toBe("tcp hello\n");
      const ran = await bench.run("hostname; echo hi | nc 127.0.0.1 7; cat /etc/hosts", {
        allocId,
        networkIsolation: { ...isolation, hosts: { hostname: "shared", address: "10.3.2.1" } },
        driverConfig: { extra_hosts: ["db:10.1.2.3"] },
      });
      expect(ran.stdout).toContain("shared\ntcp hi\n");
      expect(ran.stdout).toContain("10.3.2.1 shared\n10.1.2.3 db\n");
    } finally {
      await bench.driver.destroyNetwork(allocId);
    }
    await bench.driver.destroyNetwork(allocId);
  });
});

describe("a port that is taken", () => {
  const overrides = (port: number): Partial<TaskConfig> => ({
    resources: sampleResources({ ports: [{ label: "web", value: port, to: 80, hostIp: lo }] }),
    driverConfig: { ports: ["web"] },
  });

  it("by a program is told with its name and pid, and nothing is left", async () => {
    await using bench = startDriver();
    const server = createServer().listen(0, lo);
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    try {
      const task = await makeShellTask("sleep 600", overrides(port));
      const error: unknown = await bench.driver.startTask(task).catch((reason: unknown) => reason);
      expect(error).toMatchObject({ kind: "conflict" });
      const message = error instanceof Error ? error.message : "";
      expect(message).toContain(`task "app": port "web" cannot be bound: ${lo}:${port}/tcp is in use by`);
      expect(message).toContain(`(pid ${process.pid})`);
      await expect(bench.engine.inspectContainer(`app-${task.allocId}`)).rejects.toMatchObject({
        kind: "not-found",
      });
    } finally {
      server.close();
    }
  });

  it("by a container is told with the container's name", async () => {
    await using bench = startDriver();
    const port = await freePort();
    const first = await bench.start("sleep 600", { name: "holder", ...overrides(port) });
    const task = await makeShellTask("sleep 600", overrides(port));
    await expect(bench.driver.startTask(task)).rejects.toThrow(
      `${lo}:${port}/tcp is in use by container "holder-${first.allocId}"`,
    );
  });
});

describe("network_mode", () => {
  it.each(["default", "bridge", undefined])("%s gives the container a network of its own", async (mode) => {
    await using bench = startDriver();
    const ran = await bench.run("ls /sys/class/net", {
      driverConfig: { network_mode: mode },
    });
    expect(ran.stdout.split(/\s+/)).toContain("eth0");
    expect(ran.stdout).not.toContain("docker0");
  });

  it("host shares the machine's", async () => {
    await using bench = startDriver();
    const ran = await bench.run("ls /sys/class/net", { driverConfig: { network_mode: "host" } });
    expect(ran.stdout).toContain("docker0");
  });

  it("none has the loopback only", async () => {
    await using bench = startDriver();
    const ran = await bench.run("ls /sys/class/net", { driverConfig: { network_mode: "none" } });
    expect(ran.stdout).toBe("lo\n");
  });

  it("container:<name> joins that container, and is invalid in a file of 2015", async () => {
    await using bench = startDriver();
    const first = await bench.start("hostname first; sleep 600", {
      name: "first",
      driverConfig: { network_mode: "bridge" },
    });
    const network_mode = `container:first-${first.allocId}`;
    const { container_id = "" } = bench.driver.inspectTask(first.id).attributes;
    const { allocId, allocDir } = first;
    const ran = await bench.run("hostname", { allocId, allocDir, driverConfig: { network_mode } });
    expect(ran.stdout).toBe(`${container_id.slice(0, 12)}\n`);
    const old = await makeShellTask("true", { seedStyle: true, driverConfig: { network_mode } });
    await expect(bench.driver.startTask(old)).rejects.toThrow(
      `config.network_mode: invalid network mode "${network_mode}"`,
    );
  });

  it("of a network that does not exist is an error that names it, and nothing is left", async () => {
    await using bench = startDriver();
    const task = await makeShellTask("true", { driverConfig: { network_mode: "no-such-net" } });
    const error: unknown = await bench.driver.startTask(task).catch((reason: unknown) => reason);
    expect(isLongshoreError(error, "not-found") && error.message).toContain("no-such-net");
    expect(isLongshoreError(error) && error.hint).toContain("docker network ls");
    await expect(bench.engine.inspectContainer(`app-${task.allocId}`)).rejects.toMatchObject({
      kind: "not-found",
    });
  });

  it("of a user's network has aliases, and its address is advertised", async () => {
    await using made = await addUserNetwork();
    await using bench = startDriver();
    const network_mode = made.name;
    const task = await makeShellTask("sleep 600", {
      driverConfig: { network_mode, network_aliases: ["db"] },
    });
    const { network } = await bench.startTask(task);
    expect(network).toMatchObject({ autoAdvertise: true, ip: expect.stringMatching(/^\d+\.\d+\.\d+\.\d+$/) });
    const ran = await bench.run("nslookup db", {
      driverConfig: { network_mode },
    });
    expect(ran.stdout).toContain(network?.ip);
  });
});

describe("a task without ports", () => {
  it("works and connects out", async () => {
    await using bench = startDriver();
    const gateway = await findGateway();
    const server = createHttpServer((_, answer) => answer.end("from outside\n")).listen(0, gateway);
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    try {
      const ran = await bench.run(`wget -qO- http://${gateway}:${port}/`, {
        driverConfig: { network_mode: undefined },
      });
      expect(ran).toMatchObject({ stdout: "from outside\n", exit: { exitCode: 0 } });
    } finally {
      server.close();
    }
  });
});
