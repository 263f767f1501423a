import { posix } from "node:path";
import { checkSignal } from "./check-signal.ts";
import type { Findings } from "./findings.ts";
import type { Resources, RestartPolicy, Task, VolumeMount } from "./job.ts";
import type { ResourcesSchema, RestartSchema, TaskSchema } from "./job-schema.ts";
import { childOf, placeOf, type Read, requireText, source } from "./read-block.ts";
import { toArtifact } from "./to-artifact.ts";
import { toTaskNetwork } from "./to-network.ts";
import { toTemplate } from "./to-template.ts";
import type { Place } from "./tree.ts";

/** What a task takes from the job and group around it. */
export interface TaskSurroundings {
  readonly seedStyle: boolean;
  readonly restart: RestartPolicy;
  readonly portLabels: ReadonlySet<string>;
  readonly volumes: ReadonlySet<string>;
  readonly findings: Findings;
}

type ReadTask = Read<TaskSchema>;

/** A task with its defaults, checked where its keys depend on each other or on what is around. */
export function toTask(task: ReadTask, around: TaskSurroundings): Task {
  const { findings } = around;
  checkDriver(task, findings);
  warnOfKillTimeout(task, findings);
  checkSignal(task.kill_signal, placeOf(task[source], "kill_signal"), findings);
  checkDestinations(task, findings);
  checkEnv(task, findings);
  checkNetworkMode(task, around);
  checkPortNames(task, around);
  return {
    name: task[source].label ?? "",
    driver: task.driver,
    config: task.config ?? {},
    env: task.env ?? {},
    meta: task.meta ?? {},
    resources: toResources(task, around),
    restart: toRestart(task.restart, around.restart),
    killTimeoutMs: task.kill_timeout,
    killSignal: task.kill_signal === "" ? undefined : task.kill_signal,
    shutdownDelayMs: task.shutdown_delay,
    user: task.user,
    leader: task.leader,
    lifecycle: toLifecycle(task.lifecycle),
    logs: toLogs(task.logs, findings),
    templates: task.template.map((template) => toTemplate(template, findings)),
    artifacts: task.artifact.map((artifact) => toArtifact(artifact, findings)),
    volumeMounts: task.volume_mount.map((mount) => toVolumeMount(mount, around)),
  };
}

function checkDriver(task: ReadTask, findings: Findings): void {
  const block = task[source];
  if (task.driver === "docker" || block.attributes.driver?.bad) return;
  const [summary, detail] =
    task.driver === ""
      ? [
          "Missing driver",
          `The task "${block.label}" needs a driver, which runs it: write driver = "docker".`,
        ]
      : ["Unknown driver", `There is no driver "${task.driver}" here; the one there is is "docker".`];
  findings.error(placeOf(block, "driver"), summary, detail);
}

/** What an agent waits before it kills, whatever a job asks for, unless it is told otherwise. */
const maxKillTimeoutMs = 30_000;

function warnOfKillTimeout(task: ReadTask, findings: Findings): void {
  if (task.kill_timeout <= maxKillTimeoutMs) return;
  findings.warn(
    placeOf(task[source], "kill_timeout"),
    "Long kill_timeout",
    'A task is killed after 30s at most, unless the agent\'s configuration allows more: client { max_kill_timeout = "..." }.',
  );
}

function checkEnv({ env = {}, [source]: block }: ReadTask, findings: Findings): void {
  const node = block.attributes.env;
  for (const [name, value] of Object.entries(env)) {
    const why = faultOfVariable(name, value);
    if (why !== undefined)
      findings.error(childOf(node, name)?.place ?? node?.place, "Invalid environment", why);
  }
}

function faultOfVariable(name: string, value: string): string | undefined {
  if (name === "" || name.includes("=") || name.includes("\0"))
    return `${JSON.stringify(name)} is no name of a variable: it must not be empty, or hold "=" or a NUL character.`;
  return value.includes("\0")
    ? `The value of "${name}" holds a NUL character, which ends a text in an environment.`
    : undefined;
}

/** Two templates of one file would overwrite each other. */
function checkDestinations(task: ReadTask, findings: Findings): void {
  const seen = new Map<string, Place | undefined>();
  for (const { destination = "", [source]: block } of task.template) {
    const path = posix.normalize(destination);
    const place = placeOf(block, "destination");
    if (destination !== "" && seen.has(path)) {
      const detail = `Another template of the task is rendered to the same file, on line ${seen.get(path)?.[1] ?? "?"}.`;
      findings.error(place, "Duplicate destination", detail);
    }
    if (!seen.has(path)) seen.set(path, place);
  }
}

function checkNetworkMode(task: ReadTask, { seedStyle, findings }: TaskSurroundings): void {
  const mode = task.config?.network_mode;
  if (!seedStyle || typeof mode !== "string" || !mode.startsWith("container")) return;
  const config = task[source].attributes.config;
  findings.error(
    childOf(config, "network_mode")?.place ?? config?.place,
    "Invalid network mode",
    `"${mode}" is no network mode of a job file in the style of 2015: "network_mode" is "default", "bridge", "host" or "none".`,
  );
}

function checkPortNames(task: ReadTask, { portLabels, findings }: TaskSurroundings): void {
  const { ports } = task.config ?? {};
  if (!Array.isArray(ports)) return;
  const node = childOf(task[source].attributes.config, "ports");
  ports.forEach((label: unknown, index) => {
    if (typeof label !== "string" || label.includes("${") || portLabels.has(label)) return;
    const known =
      portLabels.size === 0 ? "The group has no ports." : `The group has: ${[...portLabels].join(", ")}.`;
    findings.error(
      childOf(node, index)?.place ?? node?.place,
      "Unknown port",
      `Port "${label}" not found, check network block. ${known}`,
    );
  });
}

const defaultCpuMhz = 100;
const defaultMemoryMb = 300;

function toResources(task: ReadTask, { seedStyle, findings }: TaskSurroundings): Resources {
  const { resources } = task;
  if (resources === undefined) {
    if (seedStyle) missingResources(task, findings);
    return { cpuMhz: defaultCpuMhz, cores: 0, memoryMb: defaultMemoryMb, memoryMaxMb: 0, network: undefined };
  }
  checkAmount(resources, "cpu", "MHz", seedStyle, findings);
  checkAmount(resources, "memory", "MB", seedStyle, findings);
  const { cpu, cores = 0, memory = defaultMemoryMb, memory_max: memoryMax = 0 } = resources;
  if (cpu !== undefined && cores > 0) {
    findings.error(
      placeOf(resources[source], "cores"),
      "Both cpu and cores",
      '"cores" reserves whole cores and "cpu" a share in MHz; use one of them.',
    );
  }
  const contradict = memoryMax > 0 && memoryMax < memory;
  if (contradict) {
    const detail = `"memory_max" (${memoryMax} MB) must not be below "memory" (${memory} MB).`;
    findings.error(placeOf(resources[source], "memory_max"), "Invalid memory limit", detail);
  }
  return {
    cpuMhz: cpu ?? (cores > 0 ? 0 : defaultCpuMhz),
    cores,
    memoryMb: memory,
    memoryMaxMb: contradict ? 0 : memoryMax,
    network: toTaskNetwork(resources.network, seedStyle, findings),
  };
}

function missingResources(task: ReadTask, findings: Findings): void {
  findings.error(
    task[source].place,
    "Missing resources",
    `The task "${task[source].label}" needs resources { cpu = <MHz>, memory = <MB> } in a job file of 2015's style.`,
  );
}

/** Zero and less are errors in every style; 2015's has no default. */
function checkAmount(
  resources: Read<ResourcesSchema>,
  key: "cpu" | "memory",
  unit: string,
  seedStyle: boolean,
  findings: Findings,
): void {
  const value = resources[key];
  const block = resources[source];
  if (value === undefined) {
    if (!seedStyle || block.attributes[key] !== undefined || (key === "cpu" && resources.cores !== undefined))
      return;
    findings.error(
      block.place,
      `Missing ${key}`,
      `"${key}" is required in a job file of 2015's style, as a number of ${unit} above 0.`,
    );
  } else if (value <= 0) {
    findings.error(
      placeOf(block, key),
      `Invalid ${key}`,
      `"${key}" must be above 0 ${unit}, but is ${value}.`,
    );
  }
}

/** The keys that are written, on top of the ones around. */
export function toRestart(restart: Read<RestartSchema> | undefined, around: RestartPolicy): RestartPolicy {
  return {
    attempts: restart?.attempts ?? around.attempts,
    intervalMs: restart?.interval ?? around.intervalMs,
    delayMs: restart?.delay ?? around.delayMs,
    mode: restart?.mode ?? around.mode,
  };
}

function toLifecycle(lifecycle: ReadTask["lifecycle"]): Task["lifecycle"] {
  if (lifecycle?.hook === undefined) return undefined;
  return { hook: lifecycle.hook, sidecar: lifecycle.sidecar };
}

function toLogs(logs: ReadTask["logs"], findings: Findings): Task["logs"] {
  if (logs?.enabled !== undefined && logs.disabled !== undefined && logs.enabled === logs.disabled) {
    findings.error(
      placeOf(logs[source], "enabled"),
      "Contradiction",
      '"enabled" and "disabled" say opposite things; "disabled" is enough.',
    );
  }
  const disabled = logs?.disabled ?? logs?.enabled === false;
  return { maxFiles: logs?.max_files ?? 10, maxFileSizeMb: logs?.max_file_size ?? 10, disabled };
}

function toVolumeMount(
  mount: ReadTask["volume_mount"][number],
  { volumes, findings }: TaskSurroundings,
): VolumeMount {
  const { volume = "", destination = "" } = mount;
  requireText(mount, "volume", "the name of a volume of the group", findings);
  requireText(mount, "destination", 'where the volume is in the container, such as "/data"', findings);
  if (volume !== "" && !volumes.has(volume)) {
    findings.error(
      placeOf(mount[source], "volume"),
      "Unknown volume",
      `The group has no volume "${volume}".`,
    );
  }
  return { volume, destination, readOnly: mount.read_only, propagationMode: mount.propagation_mode };
}
