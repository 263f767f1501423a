import type { Job, TaskGroup } from "../jobfile/job.ts";
import {
  type NetworkIsolation,
  type OptionProblem,
  OptionsError,
  type TaskConfig,
  type TaskDriver,
} from "../task/index.ts";
import type { NodeFacts, TaskRef } from "./agent.ts";
import { type AgentSettings, type PlaceOptions, toAgentSettings } from "./agent-options.ts";
import { checkHostNetworks, planPorts } from "./alloc-ports.ts";
import { checkTask } from "./check-task.ts";
import { readNodeFacts } from "./machine.ts";
import { below, problemsOf, toProblems } from "./problems.ts";
import { type TaskPlace, toAllocName, toTaskConfig, toTaskEnv, toTaskRef } from "./task-place.ts";

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
    problems.push(...below(toPath(place), checkTask(place)));
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
    const unknown = below(["group", group.name, "network"], checkHostNetworks(group, settings));
    problems.push(...unknown);
    const ports = planPorts(unknown.length === 0 ? group : onDefaultNetwork(group), settings);
    for (let index = 0; index < group.count; index += 1) {
      number += 1;
      const alloc = { id: toPlannedId(number), name: toAllocName(job, group.name, index), index };
      for (const task of group.tasks)
        places.push({ settings, node, job, group, task, alloc, ports, cores: [] });
    }
  }
  return { places, problems };
}

/** With its ports as far as they can be known, to find what else is wrong. */
function onDefaultNetwork(group: TaskGroup): TaskGroup {
  const { network } = group;
  if (network === undefined) return group;
  const ports = network.ports.map((port) => ({ ...port, hostNetwork: "" }));
  return { ...group, network: { ...network, ports } };
}

function planTask(place: TaskPlace, problems: OptionProblem[]): PlannedTask | undefined {
  const taskId = `${place.alloc.id}/${place.task.name}/planned`;
  try {
    return {
      task: toTaskRef(place),
      config: toTaskConfig(place, toTaskEnv(place, {}), { taskId, network: toPlannedNetwork(place) }),
    };
  } catch (error) {
    problems.push(...toProblems(error, toPath(place)));
    return undefined;
  }
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

function checkDriver(place: TaskPlace, config: TaskConfig, driver: TaskDriver): readonly OptionProblem[] {
  if (place.task.driver !== "docker") return [];
  // The driver's own paths begin with `config`, `resources` or `name`.
  return problemsOf(toPath(place), () => driver.checkTask(config));
}

function toPath({ group, task }: TaskPlace): readonly string[] {
  return ["group", group.name, "task", task.name];
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
