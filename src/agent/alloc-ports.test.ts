import { describe, expect, test } from "vitest";
import { makeGroup, makeTask } from "../../test/agent/jobs.ts";
import type { PortSpec } from "../jobfile/job.ts";
import { choosePorts, listPorts, planPorts } from "./alloc-ports.ts";
import { createPortAllocator } from "./port-allocator.ts";

function port(label: string, overrides: Partial<PortSpec> = {}): PortSpec {
  return { label, static: undefined, to: undefined, hostNetwork: "", ...overrides };
}

const addresses = { hostAddress: "10.0.0.1", hostNetworks: { public: "192.0.2.1" } };

const task = makeTask("db", {
  resources: {
    cpuMhz: 100,
    cores: 0,
    memoryMb: 64,
    memoryMaxMb: 0,
    network: {
      style: "2015",
      reservedPorts: [port("9000", { static: 9000 })],
      dynamicPorts: [port("6379"), port("http")],
    },
  },
});
const network = {
  mode: "host",
  hostname: "",
  dns: undefined,
  ports: [
    port("web", { to: 80 }),
    port("fixed", { static: 8080, to: -1 }),
    port("out", { hostNetwork: "public" }),
  ],
} as const;

describe("an allocation's ports", () => {
  test("are planned with dynamic ones as 0, and the container's side where it is known", () => {
    expect(planPorts(makeGroup("g", [task], { network }), addresses)).toEqual({
      group: [
        { label: "web", value: 0, to: 80, hostIp: "10.0.0.1" },
        { label: "fixed", value: 8080, to: 0, hostIp: "10.0.0.1" },
        { label: "out", value: 0, to: 0, hostIp: "192.0.2.1" },
      ],
      tasks: {
        db: {
          ip: "10.0.0.1",
          reservedPorts: [{ label: "9000", value: 9000 }],
          dynamicPorts: [
            { label: "6379", value: 0, to: 6379 },
            { label: "http", value: 0 },
          ],
        },
      },
    });
  });

  test("an unknown host network is an error that names those there are", () => {
    const unknown = { ...network, ports: [port("x", { hostNetwork: "privat" })] };
    expect(() => planPorts(makeGroup("g", [], { network: unknown }), addresses)).toThrow(
      'port "x": no host network "privat"',
    );
  });

  test("are all given, each once", async () => {
    const range = { min: 30_000, max: 30_010 };
    const allocator = createPortAllocator({ range, random: () => 0, isFree: async () => true });
    const chosen = await choosePorts(
      planPorts(makeGroup("g", [task], { network }), addresses),
      allocator,
      "job.g[0]",
    );
    expect(listPorts(chosen).map(({ label, value }) => [label, value])).toEqual([
      ["web", 30_000],
      ["fixed", 8080],
      ["out", 30_001],
      ["9000", 9000],
      ["6379", 30_002],
      ["http", 30_003],
    ]);
  });

  test("none is kept when one is taken, and the error names port, task and allocation", async () => {
    const range = { min: 30_000, max: 30_010 };
    const allocator = createPortAllocator({
      range,
      random: () => 0,
      isFree: async (number) => number !== 9000,
    });
    const planned = planPorts(makeGroup("g", [task], { network }), addresses);
    await expect(choosePorts(planned, allocator, "job.g[0]")).rejects.toMatchObject({
      kind: "conflict",
      message: 'port 9000 of "9000" of task "db" (job.g[0]) is taken by another program',
    });
    await expect(allocator.reserve(8080, "10.0.0.1", "x")).resolves.toBeUndefined();
    expect(await allocator.take("10.0.0.1", "x")).toBe(30_000);
  });
});
