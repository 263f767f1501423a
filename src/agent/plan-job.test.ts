import { describe, expect, test } from "vitest";
import { makeGroup, makeJob, makeTask, makeTemplate } from "../../test/agent/jobs.ts";
import { createMemoryEngine } from "../../test/agent/memory-driver.ts";
import { OptionsError } from "../task/index.ts";
import { toAgentSettings } from "./agent-options.ts";
import { createCoreAllocator, toCpuset } from "./cores.ts";
import { parseDefaultInterface } from "./host-address.ts";
import { checkJob, planJob } from "./plan-job.ts";

const machine = { cores: 4, mhzPerCore: 1000, memoryMb: 1000 };
const node = { id: "id", name: "here", attributes: {}, meta: { rack: "r1" } };
const options = {
  dataDir: "/data",
  hostAddress: "10.0.0.1",
  machine,
  node,
  hostVolumes: { db: "/srv/db", old: { path: "/srv/old", readOnly: true } },
};

const toSandboxLabels = (number: string) => ({
  docker_sandbox_container_id: `nomad_init_00000000-0000-0000-0000-${number}`,
});

describe("a plan", () => {
  test("names allocations by the job's id, whatever its name", () => {
    const job = { ...makeJob([makeGroup("g", [makeTask("web")])]), id: "the-id", name: "The name" };
    const [planned] = planJob(job, options);
    expect(planned?.task.allocName).toBe("the-id.g[0]");
    expect(planned?.config.env).toMatchObject({
      NOMAD_ALLOC_NAME: "the-id.g[0]",
      NOMAD_JOB_NAME: "The name",
    });
  });

  test("has every task of every allocation, interpolated", () => {
    const task = makeTask("web", {
      config: { image: "x:${NOMAD_ALLOC_INDEX}", labels: [{ rack: "${meta.rack}" }] },
    });
    const planned = planJob(makeJob([makeGroup("g", [task], { count: 2 })]), options);
    expect(planned.map(({ task: ref, config }) => [ref.allocName, config.driverConfig])).toEqual([
      ["job.g[0]", { image: "x:0", labels: [{ rack: "r1" }] }],
      ["job.g[1]", { image: "x:1", labels: [{ rack: "r1" }] }],
    ]);
    expect(planned[1]?.config).toMatchObject({
      allocDir: "/data/alloc/00000000-0000-0000-0000-000000000002",
      resources: { cpuMhz: 100, percentTicks: 0.025, memoryMb: 64 },
      nodeName: "here",
    });
  });

  test.each([
    ["host", undefined],
    ["none", { mode: "none", path: "", labels: {} }],
    ["bridge", { mode: "group", path: "", labels: toSandboxLabels("000000000001") }],
  ] as const)("has the network of a group with mode %s", (mode, isolation) => {
    const network = { mode, hostname: "", ports: [], dns: undefined };
    const [planned] = planJob(makeJob([makeGroup("g", [makeTask("web")], { network })]), options);
    expect(planned?.config.networkIsolation).toEqual(isolation);
  });

  test("has reserved cores' whole speed as the task's", () => {
    const resources = { cpuMhz: 100, cores: 2, memoryMb: 64, memoryMaxMb: 0, network: undefined };
    const [planned] = planJob(makeJob([makeGroup("g", [makeTask("web", { resources })])]), options);
    expect(planned?.config.resources).toMatchObject({ cpuMhz: 2000, percentTicks: 0.5 });
    expect(planned?.config.env.NOMAD_CPU_LIMIT).toBe("2000");
  });

  test("has host volumes as mounts, for reading only where anyone says so", () => {
    const volumeMounts = ["data", "old"].map((volume) => ({
      volume,
      destination: `/var/${volume}`,
      readOnly: false,
      propagationMode: "",
    }));
    const volumes = [
      { name: "data", type: "host", source: "db", readOnly: false },
      { name: "old", type: "host", source: "old", readOnly: false },
    ];
    const job = makeJob([makeGroup("g", [makeTask("web", { volumeMounts })], { volumes })]);
    expect(planJob(job, options)[0]?.config.mounts).toEqual([
      { taskPath: "/var/data", hostPath: "/srv/db", readonly: false },
      { taskPath: "/var/old", hostPath: "/srv/old", readonly: true },
    ]);
    const strict = {
      ...job,
      groups: job.groups.map((group) => ({
        ...group,
        volumes: volumes.map((volume) => ({ ...volume, readOnly: true })),
      })),
    };
    expect(planJob(strict, options)[0]?.config.mounts.map((mount) => mount.readonly)).toEqual([true, true]);
  });

  test.each([
    [[], 'the group has no volume "data"'],
    [
      [{ name: "data", type: "csi", source: "db", readOnly: false }],
      '"data" is of type "csi", which needs a Nomad cluster',
    ],
    [
      [{ name: "data", type: "host", source: "nope", readOnly: false }],
      'this machine has no host volume "nope"',
    ],
  ])("refuses a volume_mount of %j", (volumes, message) => {
    const mount = { volume: "data", destination: "/var/db", readOnly: false, propagationMode: "" };
    const job = makeJob([makeGroup("g", [makeTask("web", { volumeMounts: [mount] })], { volumes })]);
    expect(() => planJob(job, options)).toThrow(`group.g.task.web.volume_mount.0.volume: ${message}`);
  });
});

test("everything that is wrong with a job is told at once, each thing once, with its path", () => {
  const big = { cpuMhz: 100, cores: 9, memoryMb: 5000, memoryMaxMb: 0, network: undefined };
  const job = makeJob([
    makeGroup(
      "g",
      [
        makeTask("a", { resources: big }),
        makeTask("b", { driver: "exec" }),
        makeTask("c", { templates: [makeTemplate({ changeMode: "signal", changeSignal: "SIGFOO" })] }),
      ],
      {
        count: 3,
      },
    ),
  ]);
  const driver = {
    ...createMemoryEngine().createDriver(),
    checkTask() {
      throw new OptionsError("task", [{ path: ["config", "image"], message: "is required" }]);
    },
  };
  try {
    checkJob(job, driver, { settings: toAgentSettings(options), node });
    expect.unreachable();
  } catch (error) {
    if (!(error instanceof OptionsError)) throw error;
    expect(error.problems.map(({ path, message }) => [path.slice(3).join("."), message])).toEqual([
      ["a.resources.memory", "5000 MB is more than this machine's 1000 MB"],
      ["a.resources.cores", "9 cores are more than this machine's 4"],
      ["a.config.image", "is required"],
      ["b.driver", 'driver "exec" is not there; Longshore runs "docker"'],
      ["c.template.0.change_signal", 'there is no signal "SIGFOO"'],
      ["c.config.image", "is required"],
    ]);
  }
});

test("cores are given to one task at a time", () => {
  const cores = createCoreAllocator(4);
  expect(cores.take(2, "a")).toEqual([0, 1]);
  expect(cores.take(1, "b")).toEqual([2]);
  expect(() => cores.take(2, "c")).toThrow("c asks for 2 cores of its own; 1 of this machine's 4 are free");
  cores.release([0, 1]);
  expect(toCpuset(cores.take(3, "c"))).toBe("0-1,3");
});

test("the default route with the lowest metric names the interface", () => {
  const routes = [
    "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT",
    "wlan0\t00000000\t0102A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0",
    "eth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0",
    "docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0",
  ].join("\n");
  expect(parseDefaultInterface(routes)).toBe("eth0");
  expect(parseDefaultInterface("")).toBeUndefined();
});
