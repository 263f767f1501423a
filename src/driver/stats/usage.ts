import type { BlockIoStats, CpuStats, MemoryStats, NetworkStats } from "../../task/index.ts";
import type { Topology } from "../container/planning.ts";

/** What a container has used up to a moment. */
export interface Usage {
  readonly at: Date;
  readonly cpu: CpuUsage;
  readonly memory: MemoryStats;
  readonly network?: NetworkStats | undefined;
  readonly blockIo?: BlockIoStats | undefined;
}

/** All times in nanoseconds. */
export interface CpuUsage {
  /** Of a clock that runs as fast as one busy core uses time. */
  readonly clockNs: number;
  readonly totalNs: number;
  readonly userNs: number;
  readonly systemNs: number;
  readonly throttledPeriods: number;
  readonly throttledTimeNs: number;
}

/**
 * CPU use between two readings; one busy core is 100 percent. What was used in user and in system mode is told as Nomad's
 * built-in driver does: as a share of the task's own use, times the machine's cores.
 */
export function toCpuStats(before: CpuUsage, now: CpuUsage, topology: Topology): CpuStats {
  const used = now.totalNs - before.totalNs;
  const elapsed = now.clockNs - before.clockNs;
  const percent = used > 0 && elapsed > 0 ? (used / elapsed) * 100 : 0;
  const share = (mode: "userNs" | "systemNs") => {
    const delta = now[mode] - before[mode];
    // The modes are counted less finely than the whole.
    return used > 0 ? Math.min(1, Math.max(0, delta / used)) * topology.cores * 100 : 0;
  };
  return {
    percent,
    userPercent: share("userNs"),
    systemPercent: share("systemNs"),
    totalTicks: (percent / 100) * (topology.totalMhz / topology.cores),
    throttledPeriods: now.throttledPeriods,
    throttledTimeNs: now.throttledTimeNs,
  };
}
