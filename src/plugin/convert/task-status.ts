import type { ExitResult, TaskEvent, TaskPhase, TaskStats, TaskStatus } from "../../task/index.ts";
import {
  CPUUsage_Fields as CpuField,
  type DriverTaskEvent,
  type InspectTaskResponse,
  MemoryUsage_Fields as MemoryField,
  TaskState,
  type ExitResult as WireExitResult,
  type TaskStats as WireTaskStats,
} from "../proto/generated/nomad/driver.ts";
import { fromDriverNetwork } from "./task-handle.ts";

export function fromExitResult({ exitCode, signal, oomKilled }: ExitResult): WireExitResult {
  return { exitCode, signal, oomKilled };
}

const states: Readonly<Record<TaskPhase, TaskState>> = {
  pending: TaskState.UNKNOWN,
  running: TaskState.RUNNING,
  stopping: TaskState.RUNNING,
  exited: TaskState.EXITED,
  unknown: TaskState.UNKNOWN,
};

/** Go's zero time: what an agent takes for "not yet". */
const zeroTime = new Date("0001-01-01T00:00:00Z");

export function fromTaskStatus(status: TaskStatus): InspectTaskResponse {
  return {
    task: {
      id: status.id,
      name: status.name,
      state: states[status.phase],
      // An agent refuses a status without times.
      startedAt: status.startedAt ?? zeroTime,
      completedAt: status.completedAt ?? zeroTime,
      result: status.exit && fromExitResult(status.exit),
    },
    driver: { attributes: new Map(Object.entries(status.attributes)) },
    networkOverride: fromDriverNetwork(status.network),
  };
}

// Without the ticks: `nomad alloc status -stats` has a head for them and no value, so all values behind it stand under
// the wrong head.
const measuredCpu = [
  CpuField.SYSTEM_MODE,
  CpuField.USER_MODE,
  CpuField.THROTTLED_PERIODS,
  CpuField.THROTTLED_TIME,
  CpuField.PERCENT,
];
const measuredMemory = [MemoryField.RSS, MemoryField.CACHE, MemoryField.SWAP, MemoryField.USAGE];

export function fromTaskStats({ id, at, cpu, memory }: TaskStats): WireTaskStats {
  return {
    id,
    timestamp: at,
    aggResourceUsage: {
      cpu: {
        systemMode: cpu.systemPercent,
        userMode: cpu.userPercent,
        totalTicks: cpu.totalTicks,
        throttledPeriods: cpu.throttledPeriods,
        throttledTime: cpu.throttledTimeNs,
        percent: cpu.percent,
        measuredFields: measuredCpu,
      },
      memory: {
        rss: memory.rssBytes,
        cache: memory.cacheBytes,
        maxUsage: memory.maxUsageBytes,
        kernelUsage: 0,
        kernelMaxUsage: 0,
        usage: memory.usageBytes,
        swap: memory.swapBytes,
        // Not every kernel tells it.
        measuredFields:
          memory.maxUsageBytes > 0 ? [...measuredMemory, MemoryField.MAX_USAGE] : measuredMemory,
      },
    },
    resourceUsageByPid: new Map(),
  };
}

export function fromTaskEvent({ taskId, allocId, taskName, at, message }: TaskEvent): DriverTaskEvent {
  return { taskId, allocId, taskName, timestamp: at, message, annotations: new Map() };
}
