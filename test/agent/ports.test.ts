import { once } from "node:events";
import { connect, createServer, type Server } from "node:net";
import { expect, test } from "vitest";
import { createAgent } from "../../src/agent/index.ts";
import type { PortSpec, Task } from "../../src/jobfile/job.ts";
import { LongshoreError } from "../../src/task/index.ts";
import { freePort } from "../bed/index.ts";
import { makeFolder, makeGroup, makeJob, makeTask } from "./jobs.ts";
import { createMemoryEngine } from "./memory-driver.ts";
import { createRealAgent, makeShellTask, outputOf, waitForOutput } from "./real-agent.ts";

function port(label: string, overrides: Partial<PortSpec> = {}): PortSpec {
  return { label, static: undefined, to: undefined, hostNetwork: "", ...overrides };
}

function withNetwork(network: Task["resources"]["network"]): Task["resources"] {
  return { cpuMhz: 100, cores: 0, memoryMb: 64, memoryMaxMb: 0, network };
}

test("a port that something takes between its choice and the start is replaced by another", async () => {
  await using data = await makeFolder();
  const engine = createMemoryEngine();
  const thieves: Server[] = [];
  const chosen: (number | undefined)[] = [];
  engine.onStart = async (config) => {
    const [http] = config.resources.ports;
    chosen.push(http?.value);
    if (chosen.length > 2) return;
    const thief = createServer().listen(http?.value, "127.0.0.1");
    await once(thief, "listening");
    thieves.push(thief);
    throw new LongshoreError("conflict", "Bind for 127.0.0.1 failed: port is already allocated");
  };
  await using agent = createAgent({
    driver: engine.createDriver(),
    dataDir: data.path,
    hostAddress: "127.0.0.1",
  });
  const network = { mode: "host", hostname: "", dns: undefined, ports: [port("http")] } as const;
  const run = await agent.runJob(makeJob([makeGroup("g", [makeTask("web")], { network })]));
  await engine.called("running web");
  engine.exit("web", 0);
  const outcome = await run.outcome;
  for (const thief of thieves) thief.close();
  expect(outcome).toMatchObject({ state: "complete", tasks: [{ restarts: 0 }] });
  expect(new Set(chosen).size).toBe(3);
});

test("a static port that something takes is an error with its holder, as often as the policy says", async () => {
  await using data = await makeFolder();
  const engine = createMemoryEngine();
  await using agent = createAgent({
    driver: engine.createDriver(),
    dataDir: data.path,
    hostAddress: "127.0.0.1",
  });
  const thief = createServer();
  engine.onStart = async (config) => {
    thief.listen(config.resources.ports[0]?.value, "127.0.0.1");
    await once(thief, "listening");
    throw new LongshoreError("conflict", "port is already allocated");
  };
  const free = createServer().listen(0, "127.0.0.1");
  await once(free, "listening");
  const address = free.address();
  const number = typeof address === "object" && address !== null ? address.port : 0;
  free.close();
  await once(free, "close");
  const network = {
    mode: "host",
    hostname: "",
    dns: undefined,
    ports: [port("http", { static: number })],
  } as const;
  const run = await agent.runJob(makeJob([makeGroup("g", [makeTask("web")], { network })]));
  const outcome = await run.outcome;
  thief.close();
  expect(outcome.failedTask?.error?.message).toMatch(
    new RegExp(`^port ${number} of "http" of group network .* is taken by ".+" \\(pid ${process.pid}\\)$`),
  );
});

test("ports are given back at a job's end", async () => {
  await using data = await makeFolder();
  const engine = createMemoryEngine();
  const dynamicPorts = { min: 28_000, max: 28_003 };
  await using agent = createAgent({
    driver: engine.createDriver(),
    dataDir: data.path,
    dynamicPorts,
    hostAddress: "127.0.0.1",
  });
  const ports = ["a", "b", "c"].map((label) => port(label));
  const network = { mode: "host", hostname: "", dns: undefined, ports } as const;
  for (const times of [1, 2, 3]) {
    const run = await agent.runJob(makeJob([makeGroup("g", [makeTask("web")], { network })]));
    await engine.called("running web", times);
    engine.exit("web", 0);
    await run.outcome;
  }
});

test("a job of 2015 sees its ports, limits, folders and meta in the environment as the seed says, and its ports lead in", async () => {
  await using agent = await createRealAgent();
  const network = {
    style: "2015",
    reservedPorts: [port("main", { static: await freePort() })],
    dynamicPorts: [port("6379"), port("http")],
  } as const;
  const script = [
    "echo shared > $NOMAD_ALLOC_DIR/x && echo own > $NOMAD_TASK_DIR/x && cat /alloc/x /local/x",
    "nc -l -p 6379 < /dev/null & nc -l -p $NOMAD_PORT_HTTP < /dev/null &",
    "for port in 6379 $NOMAD_PORT_HTTP; do hex=$(printf %04X $port)",
    '  until cat /proc/net/tcp /proc/net/tcp6 | grep -q ":$hex "; do sleep 0.05; done',
    "done",
    "env | grep -E '^(NOMAD|MINE)' | sort; echo ready; wait",
  ].join("\n");
  const task = makeShellTask("redis", script, {
    resources: withNetwork(network),
    meta: { owner: "the task" },
    env: { MINE: "on port ${NOMAD_PORT_6379}" },
  });
  const meta = { owner: "the job", "my-team": "a" };
  const run = await agent.runJob(makeJob([makeGroup("redis", [task])], { seedStyle: true, meta }));
  const events = await waitForOutput(run, "ready");
  const env = Object.fromEntries(
    outputOf(events, "redis")
      .split("\n")
      .map((line) => line.split("=", 2) as [string, string]),
  );
  expect(outputOf(events, "redis")).toMatch(/^shared\nown\n/);
  expect(env).toMatchObject({
    NOMAD_IP: "127.0.0.1",
    NOMAD_PORT_http: env.NOMAD_PORT_HTTP,
    NOMAD_CPU_LIMIT: "100",
    NOMAD_MEMORY_LIMIT: "64",
    NOMAD_ALLOC_DIR: "/alloc",
    NOMAD_TASK_DIR: "/local",
    NOMAD_META_OWNER: "the task",
    NOMAD_META_MY_TEAM: "a",
    MINE: `on port ${env.NOMAD_PORT_6379}`,
  });
  // A reserved port is known already.
  expect(
    Object.keys(env)
      .filter((name) => /^NOMAD_PORT_/.test(name))
      .sort(),
  ).toEqual(["NOMAD_PORT_6379", "NOMAD_PORT_HTTP", "NOMAD_PORT_http"]);
  for (const [name, text] of [
    ["NOMAD_PORT_6379", "to redis"],
    ["NOMAD_PORT_HTTP", "to http"],
  ] as const) {
    const socket = connect(Number(env[name]), "127.0.0.1");
    await once(socket, "connect");
    socket.end(`${text}\n`);
    await once(socket, "close");
    await waitForOutput(run, text);
  }
  expect((await run.outcome).state).toBe("complete");
});
