import { describe, expect, it } from "vitest";
import type { CpuSample, StatsSample } from "../../engine/index.ts";
import { toUsage } from "./engine-usage.ts";
import { type CpuUsage, toCpuStats } from "./usage.ts";

const topology = { totalMhz: 8000, cores: 4 };

function usage(totalNs: number, userNs: number, systemNs: number, clockNs: number): CpuUsage {
  return { clockNs, totalNs, userNs, systemNs, throttledPeriods: 3, throttledTimeNs: 5 };
}

describe("CPU use", () => {
  it("is 100 percent for each core that was busy all the time, and its modes are shares of it on all cores", () => {
    expect(toCpuStats(usage(0, 0, 0, 0), usage(500, 400, 100, 250), topology)).toEqual({
      percent: 200,
      userPercent: 320,
      systemPercent: 80,
      totalTicks: 4000,
      throttledPeriods: 3,
      throttledTimeNs: 5,
    });
  });

  it("has no mode that is more than the whole, although modes are counted less finely", () => {
    const stats = toCpuStats(usage(0, 0, 0, 0), usage(5, 10, 0, 100), topology);
    expect(stats).toMatchObject({ percent: 5, userPercent: 400, systemPercent: 0 });
  });

  it.each([
    ["nothing was used", usage(10, 5, 5, 100), usage(10, 5, 5, 200)],
    ["no time went by", usage(10, 5, 5, 100), usage(20, 5, 5, 100)],
    ["the count began anew", usage(10, 5, 5, 100), usage(5, 0, 0, 200)],
  ])("is none where %s", (_, before, now) => {
    expect(toCpuStats(before, now, topology)).toMatchObject({ percent: 0, userPercent: 0, totalTicks: 0 });
  });
});

describe("an engine's sample", () => {
  const cpu: CpuSample = {
    cpu_usage: { total_usage: 500, usage_in_usermode: 400, usage_in_kernelmode: 100 },
    system_cpu_usage: 1000,
    online_cpus: 4,
    throttling_data: { throttled_periods: 3, throttled_time: 5 },
  };
  const sample = (rest: Partial<StatsSample>): StatsSample => ({
    read: "2026-11-24T08:16:07.107Z",
    cpu_stats: cpu,
    precpu_stats: cpu,
    memory_stats: {},
    ...rest,
  });

  it("tells CPU time by a clock that all cores share", () => {
    expect(toUsage(sample({}), 2)).toEqual({
      at: new Date("2026-11-24T08:16:07.107Z"),
      cpu: usage(500, 400, 100, 250),
      memory: { rssBytes: 0, cacheBytes: 0, swapBytes: 0, usageBytes: 0, maxUsageBytes: 0 },
      network: undefined,
      blockIo: undefined,
    });
  });

  it.each([
    [{ usage: 100, max_usage: 150, stats: { rss: 40, cache: 50, swap: 6 } }, [40, 50, 6, 100, 150]],
    [{ usage: 100, stats: { rss: 1, total_rss: 40, total_cache: 50, total_swap: 6 } }, [40, 50, 6, 100, 0]],
    [{ usage: 100, stats: { anon: 40, file: 50 } }, [40, 50, 0, 100, 0]],
  ])("tells memory by either cgroup's names: %j", (memory_stats, expected) => {
    const { rssBytes, cacheBytes, swapBytes, usageBytes, maxUsageBytes } = toUsage(
      sample({ memory_stats }),
      2,
    ).memory;
    expect([rssBytes, cacheBytes, swapBytes, usageBytes, maxUsageBytes]).toEqual(expected);
  });

  it("adds up networks and disks", () => {
    const networks = {
      eth0: { rx_bytes: 1, rx_packets: 2, tx_bytes: 3, tx_packets: 4 },
      eth1: { rx_bytes: 10, rx_packets: 20, tx_bytes: 30, tx_packets: 40 },
    };
    const counts = [
      { op: "Read", value: 5 },
      { op: "read", value: 6 },
      { op: "Write", value: 7 },
      { op: "Total", value: 12 },
    ];
    const found = toUsage(sample({ networks, blkio_stats: { io_service_bytes_recursive: counts } }), 2);
    expect(found.network).toEqual({ receivedBytes: 11, receivedPackets: 22, sentBytes: 33, sentPackets: 44 });
    expect(found.blockIo).toEqual({ readBytes: 11, writtenBytes: 7 });
  });
});
