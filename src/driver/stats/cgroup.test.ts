import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { readCgroupUsage, readNetwork } from "./cgroup-usage.ts";
import { findCgroup, isOfContainer } from "./find-cgroup.ts";
import { createKernelFiles } from "./kernel-files.ts";

/** Trees of files as kernels of several layouts show them; process 4242 is the container's. */
const layout = (name: string) =>
  createKernelFiles(fileURLToPath(new URL(`../../../test/stats/fixtures/${name}`, import.meta.url)));

const pid = 4242;
const id = "4f1ccd06f1ba7a1d0b0c53ef1a0f6f7f2a1a0e9d8c7b6a5948372615f0e1d2c3";

function read(name: string) {
  const files = layout(name);
  const cgroup = findCgroup(files, pid, id);
  return cgroup && readCgroupUsage(files, cgroup);
}

const cpu = (times: readonly number[]) => {
  const [totalNs, userNs, systemNs, throttledPeriods, throttledTimeNs] = times;
  return { clockNs: expect.any(Number), totalNs, userNs, systemNs, throttledPeriods, throttledTimeNs };
};
const memory = (bytes: readonly number[]) => {
  const [rssBytes, cacheBytes, swapBytes, usageBytes, maxUsageBytes] = bytes;
  return { rssBytes, cacheBytes, swapBytes, usageBytes, maxUsageBytes };
};

describe("what a container has used", () => {
  it("is counted by cgroup v2 in systemd's layout", () => {
    expect(read("v2-systemd")).toEqual({
      at: expect.any(Date),
      cpu: cpu([5_310_274_000, 4_100_113_000, 1_210_161_000, 17, 412_345_000]),
      memory: memory([52_428_800, 16_777_216, 4_194_304, 73_400_320, 99_614_720]),
      blockIo: { readBytes: 12_289_000, writtenBytes: 69_632 },
    });
    expect(readNetwork(layout("v2-systemd"), pid)).toEqual({
      receivedBytes: 1_048_676,
      receivedPackets: 1202,
      sentBytes: 524_338,
      sentPackets: 801,
    });
  });

  it("is counted by cgroup v2 in cgroupfs' layout, where the kernel is older and the task made a cgroup below", () => {
    expect(findCgroup(layout("v2-cgroupfs"), pid, id)).toEqual({
      version: 2,
      folder: `/sys/fs/cgroup/docker/${id}`,
    });
    expect(read("v2-cgroupfs")).toEqual({
      at: expect.any(Date),
      cpu: cpu([1_000_000, 600_000, 400_000, 0, 0]),
      memory: memory([1_048_576, 524_288, 0, 2_097_152, 0]),
      blockIo: undefined,
    });
  });

  it("is counted by cgroup v1 in systemd's layout", () => {
    expect(read("v1-systemd")).toEqual({
      at: expect.any(Date),
      cpu: cpu([27_832_346, 20_000_000, 10_000_000, 4, 98_765]),
      memory: memory([57_344, 405_504, 8192, 782_336, 4_083_712]),
      blockIo: { readBytes: 4097, writtenBytes: 8194 },
    });
  });

  it("is counted by cgroup v1 where only a part of the hierarchy is mounted", () => {
    expect(read("v1-nested")).toMatchObject({ cpu: { totalNs: 5_000_000 }, memory: { usageBytes: 4096 } });
  });
});

describe("a process", () => {
  it("that is none of the container's here leads to no cgroup, whatever its number", () => {
    expect(findCgroup(layout("elsewhere"), pid, id)).toBeUndefined();
    expect(isOfContainer(layout("elsewhere"), pid, id)).toBe(false);
    expect(findCgroup(layout("v2-systemd"), pid, id.replace("4f", "5f"))).toBeUndefined();
    expect(findCgroup(layout("v2-systemd"), 0, id)).toBeUndefined();
    expect(findCgroup(layout("v2-systemd"), pid, "")).toBeUndefined();
    expect(isOfContainer(layout("v2-systemd"), pid, id)).toBe(true);
  });

  it("whose cgroup is outside of this cgroup namespace leads to none, though it is the container's", () => {
    const texts: Readonly<Record<string, string>> = {
      [`/proc/${pid}/cgroup`]: `0::/../docker/${id}\n`,
      "/proc/self/mountinfo": "30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n",
    };
    const files = { read: (path: string) => texts[path] };
    expect(findCgroup(files, pid, id)).toBeUndefined();
    expect(isOfContainer(files, pid, id)).toBe(true);
  });

  it("whose cgroup is gone has used nothing that can be told", () => {
    const files = layout("v2-systemd");
    expect(readCgroupUsage(files, { version: 2, folder: "/sys/fs/cgroup/gone" })).toBeUndefined();
    const gone = "/sys/fs/cgroup/gone";
    expect(
      readCgroupUsage(files, { version: 1, cpu: gone, cpuacct: gone, memory: gone, blkio: gone }),
    ).toBeUndefined();
    expect(readNetwork(files, 1)).toBeUndefined();
  });
});
