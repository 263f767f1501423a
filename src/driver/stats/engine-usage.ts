import type { StatsSample } from "../../engine/index.ts";
import type { BlockIoStats, MemoryStats, NetworkStats } from "../../task/index.ts";
import type { CpuUsage, Usage } from "./usage.ts";

/** What a container has used, as its engine tells; `cores` is the machine's number of them, should it not say. */
export function toUsage(sample: StatsSample, cores: number): Usage {
  return {
    at: new Date(sample.read),
    cpu: toCpuUsage(sample.cpu_stats, cores),
    memory: toMemoryStats(sample),
    network: toNetworkStats(sample),
    blockIo: toBlockIoStats(sample),
  };
}

function toCpuUsage(sample: StatsSample["cpu_stats"], cores: number): CpuUsage {
  return {
    // The time of all cores together, busy or idle.
    clockNs: (sample.system_cpu_usage ?? 0) / (sample.online_cpus ?? cores),
    totalNs: sample.cpu_usage.total_usage,
    userNs: sample.cpu_usage.usage_in_usermode,
    systemNs: sample.cpu_usage.usage_in_kernelmode,
    throttledPeriods: sample.throttling_data?.throttled_periods ?? 0,
    throttledTimeNs: sample.throttling_data?.throttled_time ?? 0,
  };
}

/** Cgroup v1 and v2 have different names for the same. */
function toMemoryStats({ memory_stats }: StatsSample): MemoryStats {
  const stats = memory_stats.stats ?? {};
  return {
    rssBytes: stats.total_rss ?? stats.rss ?? stats.anon ?? 0,
    cacheBytes: stats.total_cache ?? stats.cache ?? stats.file ?? 0,
    swapBytes: stats.total_swap ?? stats.swap ?? 0,
    usageBytes: memory_stats.usage ?? 0,
    maxUsageBytes: memory_stats.max_usage ?? 0,
  };
}

function toNetworkStats({ networks }: StatsSample): NetworkStats | undefined {
  if (networks === undefined) return undefined;
  const total = (name: keyof (typeof networks)[string]) =>
    Object.values(networks).reduce((sum, each) => sum + each[name], 0);
  return {
    receivedBytes: total("rx_bytes"),
    receivedPackets: total("rx_packets"),
    sentBytes: total("tx_bytes"),
    sentPackets: total("tx_packets"),
  };
}

function toBlockIoStats({ blkio_stats }: StatsSample): BlockIoStats | undefined {
  const counts = blkio_stats?.io_service_bytes_recursive;
  if (counts === undefined || counts === null) return undefined;
  // Cgroup v1 writes Read, v2 read.
  const total = (name: string) =>
    counts.filter(({ op }) => op.toLowerCase() === name).reduce((sum, { value }) => sum + value, 0);
  return { readBytes: total("read"), writtenBytes: total("write") };
}
