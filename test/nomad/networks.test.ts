import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findCniPlugins } from "../../scripts/cni-plugins.mjs";
import { askTcp, askUdp, bed, callEngineOk, echoContent, importImage, removeImage } from "../bed/index.ts";
import {
  type AllocStub,
  addNetworkNamespace,
  type ContainerFacts,
  cniPluginsFor,
  type DriverChoice,
  describeNomad,
  eventually,
  execInTask,
  findContainers,
  hasEnded,
  isNomadSince,
  isRunning,
  type NetworkNamespace,
  readResources,
  runJob,
  shellJob,
  startNomadAgent,
  stopJob,
  toMessages,
  untilAlloc,
  useNomad,
  waitScript,
} from "./bed/index.ts";

const run = promisify(execFile);

/** An agent wires these networks by CNI plugins; `npm test` gets them where it may. */
const canWire = (await findCniPlugins()) !== undefined && process.getuid?.() === 0;
const describeWired = canWire ? describeNomad : describe.skip;

/** Older agents look for the kernel's bridge among the modules that it tells of. */
const testBridge = test.skipIf(!isNomadSince("1.6") && !existsSync("/proc/modules"));
/** Agents of 1.1 place no such group, and those of 1.6 end with a panic, with any driver. */
const testNone = test.skipIf(!isNomadSince("1.9"));

describeWired("a group's network that the agent wires", () => {
  const { socket } = bed();
  let network: NetworkNamespace;
  let image = "";
  beforeAll(async () => {
    network = await addNetworkNamespace();
    const content = { ...(await echoContent()), command: ["sleep", "3600"] };
    image = await importImage(socket, { name: "longshore-test/networks", tag: bed().runId }, content);
  });
  afterAll(async () => {
    await network?.[Symbol.asyncDispose]();
    await removeImage(socket, image);
  });
  const cluster = useNomad(async () => {
    const folder = join(bed().folder, "cni");
    const config = join(folder, "config");
    await mkdir(config, { recursive: true });
    await writeFile(join(config, "mine.conflist"), toConflist(folder));
    const client = `cni_path = "${await cniPluginsFor(folder)}"\ncni_config_dir = "${config}"`;
    // Log collectors that an agent finds again take seconds to end.
    const docker = `infra_image = "${image}"\nlogs {\n direct = true\n}`;
    return await startNomadAgent({ socket, network, client, docker });
  });

  const echoJob = (id: string, mode: string, more = "") => {
    const group = `
      network {
        mode = "${mode}"
        port "echo" {
          to = 7
        }
        ${more}
      }
      reschedule {
        delay          = "5s"
        delay_function = "constant"
        unlimited      = true
      }`;
    const beside = { name: "beside", image, script: waitScript };
    return shellJob({ id, image, script: "exec echo-server 7", group, tasks: [beside] });
  };
  const inTask = (alloc: AllocStub, task: string, script: string) =>
    execInTask(cluster.server, alloc, script, task);
  const portOf = async (alloc: AllocStub) =>
    (await readResources(cluster.server, alloc)).Shared.Ports?.[0]?.Value ?? 0;
  const addressOf = async ({ ID }: AllocStub) => {
    type Alloc = { readonly NetworkStatus: { readonly Address: string } };
    return (await cluster.server.api.get<Alloc>(`/v1/allocation/${ID}`)).NetworkStatus.Address;
  };
  const restart = async (driver: DriverChoice) => {
    await cluster.client.stop();
    await cluster.client.start({ driver, docker: `infra_image = "${image}"` });
  };
  /** Agents before 1.11 keep the group's `hostname` from plugins. */
  const tellsHostname = isNomadSince("1.11");
  const hasStats = async ({ ID }: AllocStub) => {
    type Stats = { readonly Tasks: Readonly<Record<string, unknown>> };
    const path = `/v1/client/allocation/${ID}/stats`;
    const stats = await cluster.server.api.get<Stats>(path).catch(() => undefined);
    return stats?.Tasks.app != null;
  };
  /** The network's container and those of the tasks, by name. */
  const containersOf = async ({ ID }: AllocStub): Promise<Containers> => {
    const found = await findContainers(socket, ID);
    return Object.fromEntries(found.map((each) => [each.Name.replace("/", "").replace(ID, ""), each]));
  };
  const rulesFor = async ({ ID }: AllocStub) => {
    const [program = "", ...args] = [...network.enter, "iptables-save"];
    return (await run(program, args)).stdout.split("\n").filter((line) => line.includes(ID));
  };

  let alloc: AllocStub;
  testBridge(
    "in bridge mode leads ports to the tasks, which share it with its name and its DNS",
    async () => {
      const more = 'hostname = "shared"\ndns {\n servers = ["10.9.8.7"]\n }';
      alloc = await runJob(cluster.server, echoJob("bridged", "bridge", more));
      const port = await portOf(alloc);
      const address = await addressOf(alloc);
      expect(await askTcp(port, network.address)).toBe("tcp hello\n");
      expect(await askUdp(port, network.address)).toBe("udp hello");
      const { nomad_init_: pause, "app-": app, "beside-": beside } = await containersOf(alloc);
      expect(pause?.HostConfig.NetworkMode).toBe("none");
      for (const task of [app, beside]) expect(task?.HostConfig.NetworkMode).toBe(`container:${pause?.Id}`);
      expect(await inTask(alloc, "beside", "echo hello | nc 127.0.0.1 7")).toBe("tcp hello\n");
      const name = tellsHostname ? "shared" : pause?.Id.slice(0, 12);
      for (const task of ["app", "beside"]) {
        const seen = await inTask(
          alloc,
          task,
          "hostname; ip -oneline address; cat /etc/hosts /etc/resolv.conf",
        );
        expect(seen.split("\n")).toContain(name);
        expect(seen).toContain(`inet ${address}/`);
        expect(seen).toMatch(new RegExp(`^${address}\\s+${name}$`, "m"));
        expect(seen).toContain("nameserver 10.9.8.7");
      }
    },
  );

  testBridge(
    "is made anew with its allocation when its container is killed, and the reason is told",
    async () => {
      const { nomad_init_: pause } = await containersOf(alloc);
      await callEngineOk(socket, "POST", `/containers/${pause?.Id}/kill`);
      const isThis = ({ ID }: AllocStub) => ID === alloc.ID;
      const failed = await untilAlloc(cluster.server, "bridged", (each) => isThis(each) && hasEnded(each));
      expect(toMessages(failed)).toContainEqual(expect.stringContaining("the group's network is gone"));
      await cluster.server.nomad(["job", "eval", "-force-reschedule", "-detach", "bridged"]);
      const next = await untilAlloc(cluster.server, "bridged", (each) => !isThis(each) && isRunning(each));
      expect(await askTcp(await portOf(next), network.address)).toBe("tcp hello\n");
      alloc = next;
    },
  );

  test("of a CNI configuration leads ports to the tasks", async () => {
    const wired = await runJob(cluster.server, echoJob("wired", "cni/mine"));
    expect(await addressOf(wired)).toMatch(/^10\.214\.7\./);
    expect(await askTcp(await portOf(wired), network.address)).toBe("tcp hello\n");
    expect(await inTask(wired, "beside", "echo hello | nc 127.0.0.1 7")).toBe("tcp hello\n");
    await stopJob(cluster.server, "wired");
    await eventually(async () => (await findContainers(socket, wired.ID)).length === 0);
  });

  testNone("in none mode has only its loopback, if the agent sets such networks up", async () => {
    const isSettled = (each: AllocStub) => isRunning(each) || hasEnded(each);
    const closed = await runJob(cluster.server, echoJob("closed", "none"), isSettled);
    // Agents from 1.11 on fail it themselves, with any driver that makes networks.
    if (hasEnded(closed))
      expect(toMessages(closed)).toContainEqual(expect.stringMatching(/network already configured/));
    else expect(await inTask(closed, "beside", "ip -oneline link | wc -l")).toBe("1\n");
    await stopJob(cluster.server, "closed");
    await eventually(async () => (await findContainers(socket, closed.ID)).length === 0);
  });

  testBridge(
    "outlives restarts of the agent, with the built-in driver and back, whoever has made it",
    async () => {
      const ours = await containersOf(alloc);
      await restart("built-in");
      const other = await runJob(cluster.server, echoJob("theirs", "bridge"));
      const theirs = await containersOf(other);
      await restart("longshore");
      for (const [each, before] of [
        [alloc, ours],
        [other, theirs],
      ] as const) {
        // The agent has found the network and then the tasks.
        await eventually(async () => await hasStats(each));
        expect(toStarts(await containersOf(each))).toEqual(toStarts(before));
        expect(await askTcp(await portOf(each), network.address)).toBe("tcp hello\n");
      }
      await Promise.all(["bridged", "theirs"].map((id) => stopJob(cluster.server, id)));
      for (const each of [alloc, other]) {
        await eventually(async () => (await findContainers(socket, each.ID)).length === 0);
        expect(await rulesFor(each)).toEqual([]);
      }
    },
  );
});

type Containers = Readonly<Record<string, ContainerFacts>>;

function toStarts(containers: Containers) {
  return Object.fromEntries(
    Object.entries(containers).map(([name, { Id, State }]) => [name, { Id, StartedAt: State.StartedAt }]),
  );
}

/** A bridge of its own, with addresses that are kept in the folder. */
function toConflist(folder: string): string {
  const ranges = [[{ subnet: "10.214.7.0/24" }]];
  const ipam = {
    type: "host-local",
    ranges,
    routes: [{ dst: "0.0.0.0/0" }],
    dataDir: join(folder, "addresses"),
  };
  const bridge = { type: "bridge", bridge: "mine", isGateway: true, ipam };
  const portmap = { type: "portmap", capabilities: { portMappings: true }, snat: true };
  return JSON.stringify({ cniVersion: "0.4.0", name: "mine", plugins: [bridge, portmap] });
}
