import { randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type TaskConfig, toTaskDirs } from "../../src/task/index.ts";
import { bed } from "./facts.ts";

/**
 * A task as a host would hand it to a driver: the bed's image, 100 MHz, 64 MB, an allocation folder of its own
 * that exists, and the run's label in `config.labels`. Keys of `overrides.driverConfig` go on top of that config
 * (give `labels` and the run's label is still added).
 */
export async function makeTaskConfig(overrides: Partial<TaskConfig> = {}): Promise<TaskConfig> {
  const allocId = overrides.allocId ?? randomUUID();
  const name = overrides.name ?? "app";
  const allocDir = overrides.allocDir ?? join(bed().folder, "alloc", allocId);
  const dirs = toTaskDirs({ allocDir, name });
  const logDir = join(dirs.sharedAllocDir, "logs");
  for (const dir of [logDir, join(dirs.sharedAllocDir, "data"), dirs.localDir, dirs.secretsDir]) {
    await mkdir(dir, { recursive: true });
  }
  return {
    id: `${allocId}/${name}/${randomUUID().slice(0, 8)}`,
    name,
    allocId,
    jobId: "test",
    jobName: "test",
    taskGroupName: "group",
    namespace: "default",
    parentJobId: "",
    nodeName: "bed",
    nodeId: "00000000-0000-0000-0000-000000000000",
    env: {},
    deviceEnv: {},
    resources: toResources(),
    mounts: [],
    devices: [],
    user: "",
    allocDir,
    stdoutPath: join(logDir, `${name}.stdout.0`),
    stderrPath: join(logDir, `${name}.stderr.0`),
    ...overrides,
    driverConfig: toDriverConfig(overrides.driverConfig),
  };
}

function toResources(): TaskConfig["resources"] {
  return {
    cpuMhz: 100,
    memoryMb: 64,
    memoryMaxMb: 0,
    cpusetCpus: "",
    percentTicks: 0,
    ports: [],
    networks: [],
  };
}

function toDriverConfig(given: TaskConfig["driverConfig"] = {}): TaskConfig["driverConfig"] {
  const { image, runLabel } = bed();
  const labels = Array.isArray(given.labels) ? given.labels : [];
  return { image, ...given, labels: [...labels, { [runLabel.key]: runLabel.value }] };
}
