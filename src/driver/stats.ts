import { setTimeout as sleep } from "node:timers/promises";
import type { CpuSample, StatsSample } from "../engine/index.ts";
import {
  type CpuStats,
  isLongshoreError,
  type MemoryStats,
  type StatsOptions,
  type TaskStats,
} from "../task/index.ts";
import type { Topology } from "./container/planning.ts";
import type { DriverContext } from "./context.ts";
import type { DockerTask } from "./tasks/docker-task.ts";

/**
 * One reading per interval, each about the time since the one before, until the task ends. Intervals in which
 * the engine is away have none.
 */
export async function* readTaskStats(
  context: DriverContext,
  task: DockerTask,
  options: StatsOptions,
): AsyncGenerator<TaskStats> {
  const signals = [task.signal, options.signal].filter((signal) => signal !== undefined);
  const ended = new AbortController();
  const signal = AbortSignal.any([...signals, ended.signal]);
  void task.died.promise.then(() => ended.abort());
  let before = await takeSample(context, task, signal);
  for (;;) {
    await sleep(options.intervalMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    const sample = await takeSample(context, task, signal);
    if (sample !== undefined && before !== undefined) {
      yield {
        id: task.config.id,
        at: new Date(sample.read),
        cpu: toCpuStats(before.cpu_stats, sample.cpu_stats, context.topology),
        memory: toMemoryStats(sample),
      };
    }
    before = sample ?? before;
  }
}

async function takeSample(
  { engine }: DriverContext,
  task: DockerTask,
  signal: AbortSignal,
): Promise<StatsSample | undefined> {
  try {
    return await engine.containerStats(task.containerId, { signal });
  } catch (error) {
    const passes = signal.aborted || (isLongshoreError(error) && error.kind !== "invalid");
    if (passes) return undefined;
    throw error;
  }
}

/** CPU use between two samples; one busy core is 100 percent. */
export function toCpuStats(before: CpuSample, now: CpuSample, topology: Topology): CpuStats {
  const used = now.cpu_usage.total_usage - before.cpu_usage.total_usage;
  const machine = (now.system_cpu_usage ?? 0) - (before.system_cpu_usage ?? 0);
  const cores = now.online_cpus ?? topology.cores;
  const percent = used > 0 && machine > 0 ? (used / machine) * cores * 100 : 0;
  const share = (mode: "usage_in_usermode" | "usage_in_kernelmode") => {
    const delta = now.cpu_usage[mode] - before.cpu_usage[mode];
    return used > 0 ? percent * Math.min(1, Math.max(0, delta / used)) : 0;
  };
  return {
    percent,
    userPercent: share("usage_in_usermode"),
    systemPercent: share("usage_in_kernelmode"),
    totalTicks: (percent / 100) * (topology.totalMhz / topology.cores),
    throttledPeriods: now.throttling_data?.throttled_periods ?? 0,
    throttledTimeNs: now.throttling_data?.throttled_time ?? 0,
  };
}

/** Memory use; cgroup v1 and v2 have different names for the same. */
export function toMemoryStats({ memory_stats }: StatsSample): MemoryStats {
  const stats = memory_stats.stats ?? {};
  return {
    rssBytes: stats.rss ?? stats.anon ?? 0,
    cacheBytes: stats.cache ?? stats.file ?? 0,
    swapBytes: stats.swap ?? 0,
    usageBytes: memory_stats.usage ?? 0,
    maxUsageBytes: memory_stats.max_usage ?? 0,
  };
}
