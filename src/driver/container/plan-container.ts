import { cpus } from "node:os";
import type { CreateRequest, HostConfigRequest } from "../../engine/engine-types.ts";
import { type OptionProblem, OptionsError, type TaskConfig, toSignal } from "../../task/index.ts";
import type { AgentOptions } from "../options/agent-options.ts";
import { readTaskOptions, type TaskOptions } from "../options/task-options.ts";
import { withoutSecrets } from "../without-secrets.ts";
import { planArchive } from "./archive.ts";
import { planCommand } from "./command.ts";
import { planDevices } from "./devices.ts";
import { planEnvironment } from "./environment.ts";
import { planHealthcheck } from "./healthcheck.ts";
import { type HostFiles, hostFiles } from "./host-files.ts";
import { planLabels } from "./labels.ts";
import { planLogging } from "./logging.ts";
import { planMounts } from "./mounts.ts";
import { type PlannedFile, planEndpoint, planNames, planNetworkMode } from "./network.ts";
import type { EngineFacts, Planning, Topology } from "./planning.ts";
import { type PublishedPort, planPorts, toPortRequest } from "./ports.ts";
import { planResources } from "./resources.ts";
import { planSecurity } from "./security.ts";

/** What a plan depends on besides the task; what is left out is a Linux engine on this machine. */
export interface PlanContext {
  readonly agentOptions: AgentOptions;
  readonly engine?: EngineFacts | undefined;
  readonly topology?: Topology | undefined;
  readonly files?: HostFiles | undefined;
}

/** A container that is not made yet. */
export interface ContainerPlan {
  readonly name: string;
  readonly request: CreateRequest;
  readonly options: TaskOptions;
  readonly networkMode: string;
  readonly ports: readonly PublishedPort[];
  /** Files to write before the container is made. */
  readonly files: readonly PlannedFile[];
  /** Host paths to mount that other containers of the group may change until they are mounted. */
  readonly sharedSources: readonly string[];
  /** The image archive to load in place of a pull. */
  readonly archive: string | undefined;
  /** What an operator may want to know. */
  readonly notes: readonly string[];
}

/**
 * The container of a task: its name and the body of the create request, with the image as the task wrote it.
 * Throws an OptionsError with all that is wrong with the task; paths begin with `config`, `resources` or `name`.
 */
export function planContainer(task: TaskConfig, context: PlanContext): ContainerPlan {
  const planning = toPlanning(task, context);
  const { options } = planning;
  checkName(planning);
  const networkMode = planNetworkMode(planning);
  const ports = planPorts(planning, networkMode);
  const { ExposedPorts, PortBindings } = toPortRequest(ports);
  const names = planNames(planning, networkMode);
  const mounts = planMounts(planning, names.files);
  const archive = planArchive(planning);
  const stopSignal = options.stop_signal === undefined ? undefined : toSignal(options.stop_signal);
  const request: CreateRequest = {
    Image: options.image ?? "",
    ...planCommand(planning),
    Env: planEnvironment(planning),
    Labels: planLabels(planning),
    ...(task.user !== "" && { User: task.user }),
    ...(options.work_dir !== undefined && { WorkingDir: options.work_dir }),
    ...(names.hostname !== undefined && { Hostname: names.hostname }),
    ...(options.tty && { Tty: true }),
    ...(options.interactive && { OpenStdin: true }),
    ...planHealthcheck(planning),
    ...(stopSignal !== undefined && { StopSignal: stopSignal }),
    ...(ExposedPorts !== undefined && { ExposedPorts }),
    ...planEndpoint(planning, networkMode),
    HostConfig: {
      NetworkMode: networkMode,
      ...(PortBindings !== undefined && { PortBindings }),
      ...names.host,
      ...mounts.host,
      ...planResources(planning),
      ...planSecurity(planning),
      ...planDevices(planning),
      ...planKernel(planning),
      ...planLogging(planning),
    },
  };
  if (planning.problems.length > 0) throw toError(planning);
  return {
    name: toContainerName(task),
    request,
    options,
    networkMode,
    ports,
    files: names.files,
    sharedSources: mounts.sharedSources,
    archive,
    notes: planning.notes,
  };
}

/** Values come from the environment too, by references that the host resolved. */
function toError({ task, options, problems }: Planning): OptionsError {
  const secrets = { env: task.env, password: options.auth.password };
  const shown = problems.map((problem) => ({
    ...problem,
    message: withoutSecrets(problem.message, secrets),
  }));
  return new OptionsError(`task "${task.name}"`, shown);
}

/** `<task>-<alloc id>`, as Nomad names its containers. */
export function toContainerName(task: Pick<TaskConfig, "name" | "allocId">): string {
  return `${task.name.replaceAll("/", "_")}-${task.allocId}`;
}

function checkName({ task, problems }: Planning): void {
  if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(toContainerName(task))) return;
  problems.push({
    path: ["name"],
    message: `"${task.name}" cannot be a task's name: its container is called after it`,
    hint: 'Docker takes letters from a to z, digits, "_", "." and "-", and a letter or digit first.',
  });
}

function toPlanning(task: TaskConfig, context: PlanContext): Planning {
  const problems: OptionProblem[] = [];
  return {
    task,
    options: readTaskOptions(task.driverConfig, problems),
    agent: context.agentOptions,
    engine: context.engine ?? { cgroupVersion: 2, osType: "linux", memoryBytes: 0 },
    topology: context.topology ?? measureTopology(),
    files: context.files ?? hostFiles,
    problems,
    notes: [],
  };
}

/** This machine's compute; where it does not tell its clock, each core counts as 1000 MHz. */
export function measureTopology(): Topology {
  const cores = cpus();
  const totalMhz = cores.reduce((sum, core) => sum + (core.speed || 1000), 0);
  return { totalMhz: Math.max(1000, totalMhz), cores: Math.max(1, cores.length) };
}

function planKernel({ options }: Planning): HostConfigRequest {
  const ulimits = Object.entries(options.ulimit).map(([name, limit]) => {
    const [soft = "", hard = soft] = limit.split(":");
    return { Name: name, Soft: Number(soft), Hard: Number(hard) };
  });
  return {
    ...(options.init && { Init: true }),
    ...(options.shm_size !== undefined && options.shm_size > 0 && { ShmSize: options.shm_size }),
    ...(Object.keys(options.sysctl).length > 0 && { Sysctls: options.sysctl }),
    ...(Object.keys(options.storage_opt).length > 0 && { StorageOpt: options.storage_opt }),
    ...(ulimits.length > 0 && { Ulimits: ulimits }),
  };
}
