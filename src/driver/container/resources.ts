import type { HostConfigRequest } from "../../engine/engine-types.ts";
import { type Planning, refuse } from "./planning.ts";

const minShares = 2;
const maxShares = 262_144;
/** Since engine 20.10. */
const leastMemoryMb = 6;
const mebibyte = 1024 * 1024;

/** CPU, memory and process limits. */
export function planResources(planning: Planning): HostConfigRequest {
  const { resources } = planning.task;
  if (!(resources.cpuMhz > 0))
    refuseResource(planning, "cpu", `must be above 0 MHz, not ${resources.cpuMhz}`);
  if (!(resources.memoryMb > 0)) {
    refuseResource(planning, "memory", `must be above 0 MB, not ${resources.memoryMb}`);
  }
  if (planning.options.cpuset_cpus !== undefined) {
    planning.notes.push("cpuset_cpus has no effect: use cores in the resources block");
  }
  return {
    CpuShares: toCpuShares(resources.cpuMhz, planning.topology.totalMhz),
    ...(resources.cpusetCpus !== "" && { CpusetCpus: resources.cpusetCpus }),
    ...planCpuQuota(planning),
    ...planMemory(planning),
    PidsLimit: planPidsLimit(planning),
    OomScoreAdj: planOomScore(planning),
  };
}

function refuseResource(planning: Planning, key: string, message: string): void {
  planning.problems.push({ path: ["resources", key], message });
}

/**
 * One share is one MHz, within the kernel's bounds; scaled down on machines with more MHz than there are shares.
 */
export function toCpuShares(mhz: number, totalMhz: number): number {
  const scaled = totalMhz > maxShares ? (mhz * maxShares) / totalMhz : mhz;
  return Math.min(maxShares, Math.max(minShares, Math.floor(scaled)));
}

function planCpuQuota({ task, options, topology }: Planning): HostConfigRequest {
  if (!options.cpu_hard_limit) return {};
  const share = task.resources.percentTicks || task.resources.cpuMhz / topology.totalMhz;
  const quota = Math.floor(share * options.cpu_cfs_period * topology.cores);
  // The kernel takes no quota below a millisecond.
  return { CpuPeriod: options.cpu_cfs_period, CpuQuota: Math.max(1000, quota) };
}

function planMemory(planning: Planning): HostConfigRequest {
  const { memoryMb, memoryMaxMb } = planning.task.resources;
  const { limitMb, reservationMb } = toMemoryLimits(
    memoryMb,
    memoryMaxMb,
    planning.options.memory_hard_limit ?? 0,
  );
  if (limitMb > 0 && reservationMb > limitMb) {
    const message = `${memoryMb} MB are more than the limit of ${limitMb} MB (memory_max or memory_hard_limit)`;
    refuseResource(planning, "memory", message);
  }
  if (limitMb > 0 && limitMb < leastMemoryMb) {
    const message = `must be at least ${leastMemoryMb} MB, the least that Docker gives, not ${limitMb} MB`;
    refuseResource(planning, "memory", message);
  }
  const machineMb = Math.floor(planning.engine.memoryBytes / mebibyte);
  if (machineMb > 0 && memoryMb > machineMb) {
    refuseResource(planning, "memory", `${memoryMb} MB are more than the machine has (${machineMb} MB)`);
  }
  if (planning.engine.osType === "windows") return { Memory: limitMb * mebibyte };
  return {
    ...(limitMb > 0 && { Memory: limitMb * mebibyte, MemorySwap: limitMb * mebibyte }),
    ...(reservationMb > 0 && { MemoryReservation: reservationMb * mebibyte }),
    ...(planning.engine.cgroupVersion === 1 && { MemorySwappiness: 0 }),
  };
}

/** Hard limit and reservation, MB; 0 stands for none. */
export function toMemoryLimits(
  memoryMb: number,
  memoryMaxMb: number,
  hardLimitMb: number,
): { readonly limitMb: number; readonly reservationMb: number } {
  if (memoryMaxMb === -1) return { limitMb: 0, reservationMb: memoryMb };
  const upper = Math.max(memoryMaxMb, hardLimitMb);
  return upper === 0 ? { limitMb: memoryMb, reservationMb: 0 } : { limitMb: upper, reservationMb: memoryMb };
}

function planPidsLimit(planning: Planning): number {
  const allowed = planning.agent.pids_limit;
  const wanted = planning.options.pids_limit ?? 0;
  if (wanted <= 0) return allowed > 0 ? allowed : -1;
  if (allowed > 0 && wanted > allowed) {
    refuse(planning, ["pids_limit"], `${wanted} is above the docker driver's option pids_limit (${allowed})`);
  }
  return wanted;
}

function planOomScore(planning: Planning): number {
  const lowest = planning.agent.oom_score_adj;
  const wanted = planning.options.oom_score_adj ?? lowest;
  if (wanted < lowest) {
    refuse(
      planning,
      ["oom_score_adj"],
      `${wanted} is below the docker driver's option oom_score_adj (${lowest})`,
    );
  }
  return wanted;
}
