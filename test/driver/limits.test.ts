import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { TaskConfig } from "../../src/task/index.ts";
import { makeShellTask, startDriver } from "./driver-bed.ts";
import { sampleResources } from "./sample-task.ts";

/** Which files of the container's own cgroup tell its limits. */
const v2 = existsSync("/sys/fs/cgroup/cgroup.controllers");
const file = {
  memory: v2 ? "memory.max" : "memory/memory.limit_in_bytes",
  reservation: v2 ? "memory.low" : "memory/memory.soft_limit_in_bytes",
  swap: v2 ? "memory.swap.max" : "memory/memory.memsw.limit_in_bytes",
  shares: v2 ? "cpu.weight" : "cpu/cpu.shares",
  pids: v2 ? "pids.max" : "pids/pids.max",
  quota: v2 ? "cpu.max" : "cpu/cpu.cfs_quota_us",
};
const mebibyte = 1024 * 1024;

async function readInside(path: string, overrides: Partial<TaskConfig>): Promise<string> {
  await using bench = startDriver({ topology: { totalMhz: 4000, cores: 2 } });
  const ran = await bench.run(`cat /sys/fs/cgroup/${path}`, overrides);
  expect(ran.exit.exitCode).toBe(0);
  return ran.stdout.trim();
}

describe("the limits in the container's cgroup", () => {
  it("are one CPU share for each MHz", async () => {
    const weight = String(1 + Math.floor(((700 - 2) * 9999) / 262_142));
    const resources = sampleResources({ cpuMhz: 700 });
    expect(await readInside(file.shares, { resources })).toBe(v2 ? weight : "700");
  });

  it("are all the task's memory and no swap", async () => {
    const resources = sampleResources({ memoryMb: 96 });
    expect(await readInside(file.memory, { resources })).toBe(String(96 * mebibyte));
    // The kernel may be built or started without accounting for swap; then there is no such file.
    const swap = await readSwap(resources);
    if (swap !== undefined) expect(swap).toBe(v2 ? "0" : String(96 * mebibyte));
  });

  it("are memory_max, with the task's memory kept free", async () => {
    const resources = sampleResources({ memoryMb: 64, memoryMaxMb: 128 });
    expect(await readInside(file.memory, { resources })).toBe(String(128 * mebibyte));
    expect(await readInside(file.reservation, { resources })).toBe(String(64 * mebibyte));
  });

  it("are the number of processes", async () => {
    expect(await readInside(file.pids, { driverConfig: { pids_limit: 20 } })).toBe("20");
  });

  it("are a quota of CPU time with cpu_hard_limit", async () => {
    const resources = sampleResources({ cpuMhz: 1000, percentTicks: 0.25 });
    const quota = await readInside(file.quota, { resources, driverConfig: { cpu_hard_limit: true } });
    expect(quota.split(" ")[0]).toBe("50000");
  });

  it("let a task without competition use more CPU than its shares", async () => {
    const resources = sampleResources({ cpuMhz: 2 });
    expect(await readInside(file.quota, { resources })).toMatch(v2 ? /^max / : /^-1$/);
  });
});

async function readSwap(resources: TaskConfig["resources"]): Promise<string | undefined> {
  await using bench = startDriver();
  const ran = await bench.run(`cat /sys/fs/cgroup/${file.swap}`, { resources });
  return ran.exit.exitCode === 0 ? ran.stdout.trim() : undefined;
}

describe("a task", () => {
  it("over its memory limit is killed and told to be killed for memory", async () => {
    await using bench = startDriver();
    const resources = sampleResources({ memoryMb: 16 });
    const ran = await bench.run("x=a; while :; do x=$x$x$x; done", { resources });
    expect(ran.exit).toMatchObject({ exitCode: 137, signal: 9, oomKilled: true, error: "OOM Killed" });
    await bench.event(({ detail }) => detail.type === "oom");
  });

  it.each([
    [{ cpuMhz: 0 }, "resources.cpu: must be above 0 MHz, not 0"],
    [{ memoryMb: 0 }, "resources.memory: must be above 0 MB, not 0"],
    [{ memoryMb: -1 }, "resources.memory: must be above 0 MB, not -1"],
  ])("with %j is refused before anything is asked of the engine", async (changes, message) => {
    await using bench = startDriver();
    const task = await makeShellTask("true", { resources: sampleResources(changes) });
    await expect(bench.driver.startTask(task)).rejects.toThrow(message);
    expect(bench.engine.calls.size).toBe(0);
  });

  it("with more memory than the machine has is refused", async () => {
    await using bench = startDriver();
    const task = await makeShellTask("true", { resources: sampleResources({ memoryMb: 100_000_000 }) });
    await expect(bench.driver.startTask(task)).rejects.toThrow("are more than the machine has");
  });

  it("has the capabilities that the agent allows, less those it drops", async () => {
    await using bench = startDriver();
    const config = { cap_drop: ["all"], cap_add: ["chown"] };
    const ran = await bench.run("grep CapEff /proc/self/status", { driverConfig: config });
    expect(ran.stdout.trim()).toMatch(/0000000000000001$/);
  });

  it("has the kernel limits, devices and security options of its config", async () => {
    await using bench = startDriver();
    const script =
      "ulimit -n; cat /proc/sys/net/core/somaxconn; stat -c %F /dev/mine; df -k /dev/shm | tail -1; touch /x; grep NoNewPrivs /proc/self/status; id -G; cat /proc/1/comm; pwd";
    const ran = await bench.run(script, {
      user: "65534",
      driverConfig: {
        ulimit: { nofile: "200:300" },
        sysctl: { "net.core.somaxconn": "99" },
        devices: [{ host_path: "/dev/null", container_path: "/dev/mine" }],
        shm_size: 2 * mebibyte,
        readonly_rootfs: true,
        security_opt: ["no-new-privileges"],
        group_add: ["77"],
        init: true,
        work_dir: "/tmp",
      },
    });
    const lines = ran.stdout.split("\n");
    expect(lines[0]).toBe("200");
    expect(lines[1]).toBe("99");
    expect(lines[2]).toBe("character special file");
    expect(lines[3]).toContain(" 2048 ");
    expect(lines[4]).toBe("NoNewPrivs:\t1");
    expect(lines[5]?.split(" ")).toContain("77");
    expect(lines[6]).toMatch(/init/);
    expect(lines[7]).toBe("/tmp");
    expect(ran.stderr).toContain("Read-only file system");
  });
});
