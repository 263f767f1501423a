import { describe, expect, it } from "vitest";
import type { CpuSample } from "../engine/index.ts";
import { toCpuStats, toMemoryStats } from "./stats.ts";

const topology = { totalMhz: 8000, cores: 4 };

function sample(total: number, user: number, kernel: number, system: number): CpuSample {
  return {
    cpu_usage: { total_usage: total, usage_in_usermode: user, usage_in_kernelmode: kernel },
    system_cpu_usage: system,
    online_cpus: 4,
    throttling_data: { throttled_periods: 3, throttled_time: 5 },
  };
}

describe("CPU use", () => {
  it("is the container's share of the machine's time, one core being 100 percent", () => {
    expect(toCpuStats(sample(0, 0, 0, 0), sample(500, 400, 100, 1000), topology)).toEqual({
      percent: 200,
      userPercent: 160,
      systemPercent: 40,
      totalTicks: 4000,
      throttledPeriods: 3,
      throttledTimeNs: 5,
    });
  });

  it.each([
    [sample(10, 5, 5, 100), sample(10, 5, 5, 200)],
    [sample(10, 5, 5, 100), sample(20, 5, 5, 100)],
    [sample(10, 5, 5, 100), sample(5, 0, 0, 200)],
  ])("is none where nothing, or time itself, went by", (before, now) => {
    expect(toCpuStats(before, now, topology)).toMatchObject({ percent: 0, userPercent: 0, totalTicks: 0 });
  });
});

describe("memory use", () => {
  it.each([
    [{ usage: 100, max_usage: 150, stats: { rss: 40, cache: 50, swap: 6 } }, [40, 50, 6, 100, 150]],
    [{ usage: 100, stats: { anon: 40, file: 50 } }, [40, 50, 0, 100, 0]],
    [{}, [0, 0, 0, 0, 0]],
  ])("of %j", (memory_stats, [rssBytes, cacheBytes, swapBytes, usageBytes, maxUsageBytes]) => {
    const cpu = sample(0, 0, 0, 0);
    expect(toMemoryStats({ read: "", cpu_stats: cpu, precpu_stats: cpu, memory_stats })).toEqual({
      rssBytes,
      cacheBytes,
      swapBytes,
      usageBytes,
      maxUsageBytes,
    });
  });
});
