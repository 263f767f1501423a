import { describe, expect, it } from "vitest";
import { bed, callEngineOk } from "../bed/index.ts";
import { sampleResources } from "../driver/sample-task.ts";
import { look } from "./look.ts";

const { CgroupVersion } = (await callEngineOk(bed().socket, "GET", "/info")) as { CgroupVersion?: string };
const v2 = CgroupVersion === "2";
const file = {
  memory: v2 ? "memory.max" : "memory/memory.limit_in_bytes",
  reservation: v2 ? "memory.low" : "memory/memory.soft_limit_in_bytes",
  pids: v2 ? "pids.max" : "pids/pids.max",
  quota: v2 ? "cpu.max" : "cpu/cpu.cfs_quota_us",
  period: v2 ? "cpu.max" : "cpu/cpu.cfs_period_us",
  cpus: v2 ? "cpuset.cpus" : "cpuset/cpuset.cpus",
};
const read = (path: string) => `cat /sys/fs/cgroup/${path}`;
const mebibyte = 1024 * 1024;

describe("the container's cgroup", () => {
  const seen = look({
    config: {
      cpu_hard_limit: true,
      cpu_cfs_period: 50_000,
      memory_hard_limit: 96,
      pids_limit: 20,
      cpuset_cpus: "0",
    },
    task: () => ({
      resources: sampleResources({ memoryMb: 64, cpuMhz: 1000, percentTicks: 0.25, cpusetCpus: "0-1" }),
    }),
    see: Object.fromEntries(Object.entries(file).map(([name, path]) => [name, read(path)])),
  });

  it("`cpu_hard_limit`, `cpu_cfs_period`: a quarter of two cores is half of the period", () => {
    expect(seen().inside("quota").split(" ")[0]).toBe("25000");
    expect(seen().inside("period").split(" ").at(-1)).toBe("50000");
  });

  it("`memory_hard_limit`: is the limit, and the task's memory the reservation", () => {
    expect(seen().inside("memory")).toBe(String(96 * mebibyte));
    expect(seen().inside("reservation")).toBe(String(64 * mebibyte));
  });

  it("`pids_limit`: is the limit of processes", () => {
    expect(seen().inside("pids")).toBe("20");
  });

  it("`cpuset_cpus`: the cores are those of the resources block, and a note says so", () => {
    expect(seen().inside("cpus")).toBe("0-1");
    expect(seen().events.map(({ message }) => message)).toContain(
      "cpuset_cpus has no effect: use cores in the resources block",
    );
  });
});

describe("on an agent with limits", () => {
  const seen = look({
    agent: { pids_limit: 33, oom_score_adj: 7 },
    see: { pids: read(file.pids), oom: "cat /proc/self/oom_score_adj" },
  });

  it("a task that asks for nothing has the agent's", () => {
    expect([seen().inside("pids"), seen().inside("oom")]).toEqual(["33", "7"]);
  });
});
