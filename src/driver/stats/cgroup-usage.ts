import type { BlockIoStats, MemoryStats, NetworkStats } from "../../task/index.ts";
import type { Cgroup } from "./find-cgroup.ts";
import { type KernelFiles, parseNumber, parsePairs } from "./kernel-files.ts";
import type { CpuUsage, Usage } from "./usage.ts";

type V1 = Extract<Cgroup, { readonly version: 1 }>;
type V2 = Extract<Cgroup, { readonly version: 2 }>;
type CpuTimes = Omit<CpuUsage, "clockNs">;

/** Of the times in `cpuacct.stat`: always 100 a second for programs. Source: time(7). */
const tickNs = 10_000_000;
const nanosPerMs = 1_000_000;
const nanosPerMicro = 1000;

/** What the kernel counted for a container up to now; undefined when its cgroup is gone. */
export function readCgroupUsage(files: KernelFiles, cgroup: Cgroup): Usage | undefined {
  const cpu = cgroup.version === 2 ? readCpuV2(files, cgroup) : readCpuV1(files, cgroup);
  if (cpu === undefined) return undefined;
  const clockNs = performance.now() * nanosPerMs;
  return {
    at: new Date(),
    cpu: { clockNs, ...cpu },
    memory: cgroup.version === 2 ? readMemoryV2(files, cgroup) : readMemoryV1(files, cgroup),
    blockIo: cgroup.version === 2 ? readBlockIoV2(files, cgroup) : readBlockIoV1(files, cgroup),
  };
}

function readCpuV1(files: KernelFiles, { cpu, cpuacct }: V1): CpuTimes | undefined {
  const totalNs = parseNumber(files.read(`${cpuacct}/cpuacct.usage`));
  if (totalNs === undefined) return undefined;
  const modes = parsePairs(files.read(`${cpuacct}/cpuacct.stat`));
  const throttling = parsePairs(files.read(`${cpu}/cpu.stat`));
  return {
    totalNs,
    userNs: (modes.get("user") ?? 0) * tickNs,
    systemNs: (modes.get("system") ?? 0) * tickNs,
    throttledPeriods: throttling.get("nr_throttled") ?? 0,
    throttledTimeNs: throttling.get("throttled_time") ?? 0,
  };
}

function readCpuV2(files: KernelFiles, { folder }: V2): CpuTimes | undefined {
  const stat = parsePairs(files.read(`${folder}/cpu.stat`));
  const total = stat.get("usage_usec");
  if (total === undefined) return undefined;
  const toNs = (name: string) => (stat.get(name) ?? 0) * nanosPerMicro;
  return {
    totalNs: total * nanosPerMicro,
    userNs: toNs("user_usec"),
    systemNs: toNs("system_usec"),
    throttledPeriods: stat.get("nr_throttled") ?? 0,
    throttledTimeNs: toNs("throttled_usec"),
  };
}

function readMemoryV1(files: KernelFiles, { memory }: V1): MemoryStats {
  const stat = parsePairs(files.read(`${memory}/memory.stat`));
  // With those of cgroups that the task made below its own.
  const total = (name: string) => stat.get(`total_${name}`) ?? stat.get(name) ?? 0;
  return {
    rssBytes: total("rss"),
    cacheBytes: total("cache"),
    swapBytes: total("swap"),
    usageBytes: parseNumber(files.read(`${memory}/memory.usage_in_bytes`)) ?? 0,
    maxUsageBytes: parseNumber(files.read(`${memory}/memory.max_usage_in_bytes`)) ?? 0,
  };
}

function readMemoryV2(files: KernelFiles, { folder }: V2): MemoryStats {
  const stat = parsePairs(files.read(`${folder}/memory.stat`));
  const count = (name: string) => parseNumber(files.read(`${folder}/memory.${name}`)) ?? 0;
  return {
    rssBytes: stat.get("anon") ?? 0,
    cacheBytes: stat.get("file") ?? 0,
    swapBytes: count("swap.current"),
    usageBytes: count("current"),
    maxUsageBytes: count("peak"),
  };
}

function readBlockIoV1(files: KernelFiles, { blkio }: V1): BlockIoStats | undefined {
  const text = blkio && files.read(`${blkio}/blkio.throttle.io_service_bytes_recursive`);
  if (text === undefined) return undefined;
  return { readBytes: sum(text, / Read (\d+)/g), writtenBytes: sum(text, / Write (\d+)/g) };
}

function readBlockIoV2(files: KernelFiles, { folder }: V2): BlockIoStats | undefined {
  const text = files.read(`${folder}/io.stat`);
  if (text === undefined) return undefined;
  return { readBytes: sum(text, /\brbytes=(\d+)/g), writtenBytes: sum(text, /\bwbytes=(\d+)/g) };
}

function sum(text: string, pattern: RegExp): number {
  return [...text.matchAll(pattern)].reduce((total, [, digits]) => total + Number(digits), 0);
}

/** What went through the network interfaces of a process's namespace, all but its loopback. */
export function readNetwork(files: KernelFiles, pid: number): NetworkStats | undefined {
  const text = files.read(`/proc/${pid}/net/dev`);
  if (text === undefined) return undefined;
  const total = { receivedBytes: 0, receivedPackets: 0, sentBytes: 0, sentPackets: 0 };
  for (const line of text.split("\n")) {
    const [, name, counts = ""] = /^\s*([^:\s]+):\s*(.*)$/.exec(line) ?? [];
    if (name === undefined || name === "lo") continue;
    const numbers = counts.split(/\s+/).map(Number);
    total.receivedBytes += numbers[0] ?? 0;
    total.receivedPackets += numbers[1] ?? 0;
    total.sentBytes += numbers[8] ?? 0;
    total.sentPackets += numbers[9] ?? 0;
  }
  return total;
}
