import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { makeFolders } from "../host/index.ts";
import { type PortMapping, type TaskConfig, toTaskDirs } from "../task/index.ts";

/** What a program says of a task that it wants to run. */
export interface TaskSpec {
  /** Part of the container's name, together with the allocation's id. */
  readonly name: string;
  /** The `config` block of a job file: `image`, `command`, `args` and so on. Blocks in it are arrays of objects. */
  readonly config: Readonly<Record<string, unknown>>;
  /**
   * Folder on the host for what the task shares and keeps; `alloc/`, `<name>/local/` and `<name>/secrets/` are made in
   * it, and mounted as `/alloc`, `/local` and `/secrets`. It is the caller's to remove.
   */
  readonly dir: string;
  /** Environment besides the folders' (`NOMAD_ALLOC_DIR`, `NOMAD_TASK_DIR`, `NOMAD_SECRETS_DIR`). */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** User in the container, with or without group; the image's when missing. */
  readonly user?: string | undefined;
  /** CPU in MHz, which is Docker's shares (100). */
  readonly cpuMhz?: number | undefined;
  /** Memory in MB, a hard limit without swap (300). */
  readonly memoryMb?: number | undefined;
  /** Ports of the host that `config.ports` may name. */
  readonly ports?: readonly PortMapping[] | undefined;
  /** Tasks of one allocation share `alloc/` and may share a network; one of its own when missing. */
  readonly allocId?: string | undefined;
}

/**
 * A task as a driver takes it, its folders made. Rejects with the file system's error when they cannot be made; whether the
 * driver takes the task is said by its `checkTask`.
 */
export async function prepareTask(spec: TaskSpec): Promise<TaskConfig> {
  const { name, dir: allocDir, allocId = randomUUID() } = spec;
  const { sharedAllocDir, localDir, secretsDir } = toTaskDirs({ name, allocDir });
  const logDir = join(sharedAllocDir, "logs");
  for (const folder of [logDir, join(sharedAllocDir, "data"), localDir]) {
    await makeFolders(folder);
  }
  await makeFolders(secretsDir, 0o700);
  return {
    id: `${allocId}/${name}/${randomUUID().slice(0, 8)}`,
    name,
    allocId,
    jobId: name,
    jobName: name,
    taskGroupName: name,
    namespace: "default",
    parentJobId: "",
    nodeName: "",
    nodeId: "",
    driverConfig: spec.config,
    env: {
      NOMAD_ALLOC_DIR: "/alloc",
      NOMAD_TASK_DIR: "/local",
      NOMAD_SECRETS_DIR: "/secrets",
      ...spec.env,
    },
    deviceEnv: {},
    resources: toResources(spec),
    mounts: [],
    devices: [],
    user: spec.user ?? "",
    allocDir,
    stdoutPath: join(logDir, `${name}.stdout.0`),
    stderrPath: join(logDir, `${name}.stderr.0`),
  };
}

function toResources({ cpuMhz = 100, memoryMb = 300, ports = [] }: TaskSpec): TaskConfig["resources"] {
  return { cpuMhz, memoryMb, memoryMaxMb: 0, cpusetCpus: "", percentTicks: 0, ports, networks: [] };
}
