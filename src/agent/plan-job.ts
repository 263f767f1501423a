import type { Job } from "../jobfile/job.ts";
import {
  type LongshoreError,
  type NetworkIsolation,
  type OptionProblem,
  OptionsError,
  type TaskConfig,
  type TaskDriver,
  toSignal,
} from "../task/index.ts";
import type { NodeFacts, TaskRef } from "./agent.ts";
import { type AgentSettings, type PlaceOptions, toAgentSettings } from "./agent-options.ts";
import { planPorts } from "./alloc-ports.ts";
import { readNodeFacts } from "./machine.ts";
import { type TaskPlace, toAllocName, toTaskConfig, toTaskEnv, toTaskRef } from "./task-place.ts";
import { toLongshoreError } from "./to-error.ts";

/** A task as it would be started. */
export interface PlannedTask {
  readonly task: TaskRef;
  /** Ids are made up and dynamic ports are 0: both are chosen when the job runs. */
  readonly config: TaskConfig;
}

export type PlanOptions = PlaceOptions & { readonly node?: NodeFacts | undefined };

/** A machine as a job sees it. */
export interface Place {
  readonly settings: AgentSettings;
  readonly node: NodeFacts;
}

/**
 * Every task of every allocation as it would be started. Touches nothing. Throws an OptionsError with all
 * that this machine cannot give.
 */
export function planJob(job: Job, options: PlanOptions): readonly PlannedTask[] {
  const place = { settings: toAgentSettings(options), node: options.node ?? readNodeFacts() };
  const { places, problems } = placeJob(job, place);
  const planned = places.map((task) => planTask(task, problems));
  if (problems.length > 0) throw new OptionsError(`job "${job.id}"`, problems);
  return planned.filter((task) => task !== undefined);
}

/** Checks all tasks before anything is touched; throws an OptionsError with everything that is wrong. */
export function checkJob(job: Job, driver: TaskDriver, machine: Place): void {
  const { places, problems } = placeJob(job, machine);
  for (const place of places) {
    problems.push(...checkMachine(place));
    const planned = planTask(place, problems);
    if (planned !== undefined) problems.push(...checkDriver(place, planned.config, driver));
  }
  if (problems.length > 0) throw new OptionsError(`job "${job.id}"`, withoutRepeats(problems));
}

function placeJob(job: Job, { settings, node }: Place): { places: TaskPlace[]; problems: OptionProblem[] } {
  const problems: OptionProblem[] = [];
  const places: TaskPlace[] = [];
  let number = 0;
  for (const group of job.groups) {
    const ports = attempt(() => planPorts(group, settings), ["group", group.name, "network"], problems);
    if (ports === undefined) continue;
    for (let index = 0; index < group.count; index += 1) {
      number += 1;
      const alloc = { id: toPlannedId(number), name: toAllocName(job, group.name, index), index };
      for (const task of group.tasks)
        places.push({ settings, node, job, group, task, alloc, ports, cores: [] });
    }
  }
  return { places, problems };
}

function planTask(place: TaskPlace, problems: OptionProblem[]): PlannedTask | undefined {
  const taskId = `${place.alloc.id}/${place.task.name}/planned`;
  return attempt(
    () => ({
      task: toTaskRef(place),
      config: toTaskConfig(place, toTaskEnv(place, {}), { taskId, network: toPlannedNetwork(place) }),
    }),
    toPath(place),
    problems,
  );
}

/** The network that the tasks of the group will share, before it is made: it has Nomad's name for its container. */
function toPlannedNetwork({ group, alloc }: TaskPlace): NetworkIsolation | undefined {
  const { mode, hostname = "" } = group.network ?? {};
  if (mode === "none") return { mode: "none", path: "", labels: {} };
  if (mode !== "bridge") return undefined;
  const labels = {
    docker_sandbox_container_id: `nomad_init_${alloc.id}`,
    ...(hostname !== "" && { docker_sandbox_hostname: hostname }),
  };
  return { mode: "group", path: "", labels };
}

function checkMachine(place: TaskPlace): readonly OptionProblem[] {
  const { task, settings } = place;
  const { machine } = settings;
  const problems: OptionProblem[] = [];
  if (!isFolderName(task.name))
    problems.push({
      path: toPath(place),
      message: `"${task.name}" cannot be a task's name: a folder is named after it`,
      hint: 'Names may not be empty, ".", ".." or "alloc", and have no slash in them.',
    });
  problems.push(...checkSignals(place));
  if (task.driver !== "docker")
    problems.push({
      path: [...toPath(place), "driver"],
      message: `driver "${task.driver}" is not there; Longshore runs "docker"`,
    });
  if (task.resources.memoryMb > machine.memoryMb)
    problems.push({
      path: [...toPath(place), "resources", "memory"],
      message: `${task.resources.memoryMb} MB is more than this machine's ${machine.memoryMb} MB`,
      hint: "Lower `memory`.",
    });
  if (task.resources.cores > machine.cores)
    problems.push({
      path: [...toPath(place), "resources", "cores"],
      message: `${task.resources.cores} cores are more than this machine's ${machine.cores}`,
      hint: "Lower `cores`.",
    });
  return problems;
}

function checkSignals(place: TaskPlace): readonly OptionProblem[] {
  const { killSignal, templates } = place.task;
  const named = templates.map(({ changeSignal }, index) => ({
    path: ["template", index, "change_signal"],
    signal: changeSignal,
  }));
  return [{ path: ["kill_signal"], signal: killSignal }, ...named].flatMap(({ path, signal }) =>
    signal === undefined || toSignal(signal) !== undefined
      ? []
      : [
          {
            path: [...toPath(place), ...path],
            message: `there is no signal "${signal}"`,
            hint: 'Such as "SIGHUP" or "SIGUSR1".',
          },
        ],
  );
}

function checkDriver(place: TaskPlace, config: TaskConfig, driver: TaskDriver): readonly OptionProblem[] {
  if (place.task.driver !== "docker") return [];
  // The driver's own paths begin with `config` or `resources`.
  const path = toPath(place);
  try {
    driver.checkTask(config);
    return [];
  } catch (error) {
    return toProblems(error, path);
  }
}

function attempt<T>(action: () => T, path: OptionProblem["path"], problems: OptionProblem[]): T | undefined {
  try {
    return action();
  } catch (error) {
    problems.push(...toProblems(error, path));
    return undefined;
  }
}

function toProblems(thrown: unknown, path: OptionProblem["path"]): readonly OptionProblem[] {
  const error: LongshoreError = toLongshoreError(thrown);
  return error instanceof OptionsError
    ? error.problems.map((problem) => ({ ...problem, path: [...path, ...problem.path] }))
    : [{ path, message: error.message, hint: error.hint }];
}

function toPath({ group, task }: TaskPlace): readonly string[] {
  return ["group", group.name, "task", task.name];
}

/** The task's folder lies beside the allocation's `alloc`. */
function isFolderName(name: string): boolean {
  return !["", ".", "..", "alloc"].includes(name) && !/[/\\\0]/.test(name) && Buffer.byteLength(name) <= 128;
}

/** The allocations of a group have the same faults: each is told once. */
function withoutRepeats(problems: readonly OptionProblem[]): readonly OptionProblem[] {
  const seen = new Set<string>();
  return problems.filter((problem) => {
    const key = JSON.stringify([problem.path, problem.message]);
    return !seen.has(key) && seen.add(key);
  });
}

/** An id of a UUID's form that no allocation has. */
function toPlannedId(number: number): string {
  return `00000000-0000-0000-0000-${String(number).padStart(12, "0")}`;
}
