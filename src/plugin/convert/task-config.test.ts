import { describe, expect, it } from "vitest";
import {
  NetworkIsolationSpec_NetworkIsolationMode as NetworkMode,
  TaskConfig,
} from "../proto/generated/nomad/driver.ts";
import { toTaskConfig } from "./task-config.ts";

const empty = { ...TaskConfig.decode(new Uint8Array()), id: "alloc/app/1" };
const withConfig = (...bytes: readonly number[]) =>
  toTaskConfig({ ...empty, msgpackDriverConfig: Buffer.from(bytes) }).driverConfig;
const text = (value: string) => [0xa0 | value.length, ...Buffer.from(value)];

describe("toTaskConfig", () => {
  it("takes a task of which an old agent says little", () => {
    expect(toTaskConfig(empty)).toMatchObject({
      id: "alloc/app/1",
      driverConfig: {},
      resources: { cpuMhz: 0, memoryMb: 0, memoryMaxMb: 0, cpusetCpus: "", percentTicks: 0, ports: [] },
      networkIsolation: undefined,
      dns: undefined,
    });
  });

  it("takes from the environment whose task it is where an agent does not tell it", () => {
    const env = new Map([
      ["NOMAD_JOB_ID", "nightly/periodic-1"],
      ["NOMAD_JOB_PARENT_ID", "nightly"],
      ["NOMAD_NAMESPACE", "web"],
    ]);
    const names = { jobId: "nightly/periodic-1", parentJobId: "nightly", namespace: "web" };
    expect(toTaskConfig({ ...empty, env })).toMatchObject(names);
    const told = { jobId: "job", parentJobId: "parent", namespace: "space" };
    expect(toTaskConfig({ ...empty, ...told, env })).toMatchObject(told);
    // A job may set these itself, and is no other's child for that.
    const parentless = { jobId: "job", parentJobId: "", namespace: "space" };
    expect(toTaskConfig({ ...empty, ...parentless, env })).toMatchObject(parentless);
    expect(toTaskConfig(empty)).toMatchObject({ jobId: "", parentJobId: "", namespace: "" });
  });

  it("takes the group's network with its name and address, if the agent tells them", () => {
    const spec = {
      mode: NetworkMode.GROUP,
      path: "/ns",
      labels: new Map([["docker_sandbox_container_id", "c1"]]),
    };
    const isolationOf = (hostsConfig: { hostname: string; address: string } | undefined) =>
      toTaskConfig({ ...empty, networkIsolationSpec: { ...spec, hostsConfig } }).networkIsolation;
    const labels = { docker_sandbox_container_id: "c1" };
    const hosts = { hostname: "h", address: "172.26.64.5" };
    expect(isolationOf(hosts)).toEqual({ mode: "group", path: "/ns", labels, hosts });
    expect(isolationOf(undefined)).toEqual({ mode: "group", path: "/ns", labels, hosts: undefined });
    expect(isolationOf({ hostname: "", address: "" })?.hosts).toBeUndefined();
  });

  it("takes cpu and memory from the Linux limits where that is all there is", () => {
    const linuxResources = {
      cpuPeriod: 0,
      cpuQuota: 0,
      cpuShares: 250,
      memoryLimitBytes: 64 * 1024 ** 2,
      oomScoreAdj: 0,
      cpusetCpus: "0-1",
      cpusetCgroup: "",
      PercentTicks: 0.25,
    };
    const task = toTaskConfig({
      ...empty,
      resources: { allocatedResources: undefined, linuxResources, ports: [] },
    });
    expect(task.resources).toMatchObject({
      cpuMhz: 250,
      memoryMb: 64,
      cpusetCpus: "0-1",
      percentTicks: 0.25,
    });
  });

  it.each([
    ["nil", [0xc0], null],
    ["a small integer", [0x05], 5],
    ["uint8", [0xcc, 200], 200],
    ["uint16", [0xcd, 0x01, 0x00], 256],
    ["uint32", [0xce, 0, 1, 0, 0], 65_536],
    ["uint64", [0xcf, 0, 0, 0, 1, 0, 0, 0, 0], 2 ** 32],
    ["int8", [0xd0, 0xff], -1],
    ["int64", [0xd3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe], -2],
    ["a float for an integer", [0xcb, 0x40, 0x14, 0, 0, 0, 0, 0, 0], 5],
    ["float32", [0xca, 0x3f, 0x80, 0, 0], 1],
    ["str8", [0xd9, 2, 0x68, 0x69], "hi"],
    ["str16", [0xda, 0, 2, 0x68, 0x69], "hi"],
    ["true", [0xc3], true],
    [
      "maps in an array",
      [0x92, 0x81, ...text("a"), ...text("1"), 0x81, ...text("b"), ...text("2")],
      [{ a: "1" }, { b: "2" }],
    ],
  ])("reads %s as Nomad encodes it", (_what, bytes, value) => {
    expect(withConfig(0x81, ...text("key"), ...bytes)).toEqual({ key: value });
  });

  it.each([
    ["nothing", []],
    ["nil", [0xc0]],
  ])("takes a config that is %s for an empty one", (_what, bytes) => {
    expect(withConfig(...bytes)).toEqual({});
  });

  it.each([
    ["a list", [0x90]],
    ["a text", [0xa1, 0x61]],
    ["cut off", [0x82, 0xa1, 0x61]],
    ["more than one value", [0x80, 0x80]],
    ["a map with a key that would change all objects", [0x81, ...text("__proto__"), 0x80]],
  ])("refuses a config that is %s", (_what, bytes) => {
    expect(() => withConfig(...bytes)).toThrow("the config of task");
  });
});
