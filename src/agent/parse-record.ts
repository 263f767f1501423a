import type { AllocRecord, JobRecord, TaskRecord } from "./run-record.ts";

type Fields = Readonly<Record<string, unknown>>;

/** A stored record; undefined when the text is not one as a whole. */
export function parseJobRecord(text: string): JobRecord | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJobRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isJobRecord(value: unknown): value is JobRecord {
  if (!isFields(value) || value.version !== 1) return false;
  const { jobId, jobHash, allocations, stopping } = value;
  if (typeof jobId !== "string" || typeof jobHash !== "string" || typeof stopping !== "boolean") return false;
  return Array.isArray(allocations) && allocations.every(isAllocRecord);
}

function isAllocRecord(value: unknown): value is AllocRecord {
  if (!isFields(value)) return false;
  const { id, group, index, createdAtMs, ports, networkRequested, network, tasks } = value;
  // The id becomes a folder that is removed in the end.
  if (typeof id !== "string" || !/^[0-9a-f-]{36}$/.test(id)) return false;
  if (typeof group !== "string" || typeof index !== "number" || typeof networkRequested !== "boolean")
    return false;
  if (typeof createdAtMs !== "number" || (network !== null && !isFields(network))) return false;
  return isPorts(ports) && isFields(tasks) && Object.values(tasks).every(isTaskRecord);
}

function isPorts(value: unknown): boolean {
  if (!isFields(value) || !isPortList(value.group) || !isFields(value.tasks)) return false;
  return Object.values(value.tasks).every(
    (network) =>
      isFields(network) &&
      typeof network.ip === "string" &&
      isPortList(network.reservedPorts) &&
      isPortList(network.dynamicPorts),
  );
}

function isPortList(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.every((port) => isFields(port) && typeof port.label === "string" && typeof port.value === "number")
  );
}

const phases: ReadonlySet<unknown> = new Set<TaskRecord["phase"]>([
  "pending",
  "starting",
  "running",
  "complete",
  "failed",
  "stopped",
  "never-started",
]);
const counts = ["restarts", "attempts", "intervalElapsedMs", "runTimeMs"] as const;

function isTaskRecord(value: unknown): value is TaskRecord {
  if (!isFields(value) || !phases.has(value.phase)) return false;
  if (!counts.every((name) => typeof value[name] === "number")) return false;
  const { starting, handle, startedAtMs, exit, error, cores, stopWith } = value;
  if (startedAtMs !== null && typeof startedAtMs !== "number") return false;
  if (!isFields(stopWith) || typeof stopWith.graceMs !== "number") return false;
  return (
    Array.isArray(cores) &&
    (starting === null || isConfig(starting)) &&
    (handle === null || (isFields(handle) && isConfig(handle.config) && isFields(handle.driverState))) &&
    (exit === null || isFields(exit)) &&
    (error === null || (isFields(error) && typeof error.message === "string"))
  );
}

/** What the agent itself reads of a driver's task. */
function isConfig(value: unknown): boolean {
  if (!isFields(value)) return false;
  return [value.id, value.name, value.allocId].every((part) => typeof part === "string");
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
