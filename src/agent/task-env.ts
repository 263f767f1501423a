import type { Job, Task, TaskGroup } from "../jobfile/job.ts";
import { LongshoreError } from "../task/index.ts";
import type { AllocPorts } from "./alloc-ports.ts";
import { createLookup, interpolate, type Lookup } from "./interpolate.ts";
import { groupPortVariables, otherTaskVariables, ownPortVariables } from "./port-env.ts";

/** An allocation's own facts. */
export interface AllocIdentity {
  readonly id: string;
  /** `job.group[0]` */
  readonly name: string;
  readonly index: number;
}

export interface EnvDirs {
  readonly alloc: string;
  readonly task: string;
  readonly secrets: string;
}

/** Where a task finds its folders in a container. */
export const containerDirs: EnvDirs = { alloc: "/alloc", task: "/local", secrets: "/secrets" };

export interface TaskEnvInput {
  readonly job: Job;
  readonly group: TaskGroup;
  readonly task: Task;
  readonly alloc: AllocIdentity;
  readonly ports: AllocPorts;
  readonly dirs: EnvDirs;
  readonly datacenter: string;
  readonly hostAddress: string;
  readonly cpuMhz: number;
  /** Cpuset list; empty for none. */
  readonly cpuCores: string;
  readonly node: ReadonlyMap<string, string>;
  /** From templates with `env = true`; on top of all. */
  readonly templateEnv: Readonly<Record<string, string>>;
}

export interface TaskEnv {
  readonly env: Readonly<Record<string, string>>;
  /** Finds run-time references of the task's other strings. */
  readonly lookup: Lookup;
}

/** The environment of a task: what the agent tells, then meta, then the task's own, then its templates'. */
export function buildTaskEnv(input: TaskEnvInput): TaskEnv {
  const told = { ...identityVariables(input), ...portVariables(input) };
  const base = {
    ...told,
    ...metaVariables(input, createLookup({ env: (name) => told[name], node: input.node })),
  };
  const env = { ...base, ...interpolateEnv(input.task.env, base, input.node), ...input.templateEnv };
  return { env, lookup: createLookup({ env: (name) => own(env, name), node: input.node }) };
}

function own(record: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function identityVariables(input: TaskEnvInput): Record<string, string> {
  const { job, group, task, alloc, dirs } = input;
  const always = {
    NOMAD_ALLOC_DIR: dirs.alloc,
    NOMAD_TASK_DIR: dirs.task,
    NOMAD_SECRETS_DIR: dirs.secrets,
    NOMAD_CPU_LIMIT: String(input.cpuMhz),
    NOMAD_MEMORY_LIMIT: String(task.resources.memoryMb),
    NOMAD_ALLOC_ID: alloc.id,
    NOMAD_SHORT_ALLOC_ID: alloc.id.slice(0, 8),
    NOMAD_ALLOC_NAME: alloc.name,
    NOMAD_ALLOC_INDEX: String(alloc.index),
    NOMAD_TASK_NAME: task.name,
    NOMAD_GROUP_NAME: group.name,
    NOMAD_JOB_ID: job.id,
    NOMAD_JOB_NAME: job.name,
    NOMAD_DC: input.datacenter,
    NOMAD_REGION: job.region,
    NOMAD_NAMESPACE: job.namespace,
  };
  const { memoryMaxMb } = task.resources;
  return {
    ...always,
    ...(memoryMaxMb === 0 ? {} : { NOMAD_MEMORY_MAX_LIMIT: String(memoryMaxMb) }),
    ...(input.cpuCores === "" ? {} : { NOMAD_CPU_CORES: input.cpuCores }),
    ...(job.seedStyle ? { NOMAD_IP: input.hostAddress } : {}),
  };
}

function portVariables({ group, task, ports }: TaskEnvInput): Record<string, string> {
  const others = Object.entries(ports.tasks).filter(([name]) => name !== task.name);
  const network = ports.tasks[task.name];
  const style = group.tasks.find(({ name }) => name === task.name)?.resources.network?.style;
  return Object.assign(
    {},
    ...others.map(([name, other]) => otherTaskVariables(name, other)),
    groupPortVariables(ports.group),
    network === undefined ? {} : ownPortVariables(network, style ?? "2019"),
  );
}

/** Each key as written and in upper case; what a shell would not take becomes `_`. */
function metaVariables({ job, group, task }: TaskEnvInput, lookup: Lookup): Record<string, string> {
  const meta = { ...job.meta, ...group.meta, ...task.meta };
  const variables = Object.entries(meta).flatMap(([key, value]) => {
    const name = key.replaceAll(/[^A-Za-z0-9_]/g, "_");
    const text = interpolate(value, lookup);
    return [
      [`NOMAD_META_${name.toUpperCase()}`, text],
      [`NOMAD_META_${name}`, text],
    ] as const;
  });
  return Object.fromEntries(variables);
}

const longestValue = 1024 * 1024;

/**
 * The task's `env`, in which a value may name another one. A name that leads back to itself means what the
 * agent tells under that name, or stays as written. Throws `invalid` when values grow past all reason.
 */
function interpolateEnv(
  written: Readonly<Record<string, string>>,
  base: Readonly<Record<string, string>>,
  node: ReadonlyMap<string, string>,
): Record<string, string> {
  const done = new Map<string, string>();
  const open = new Set<string>();
  let circles = 0;
  const resolveName = (name: string): string | undefined => {
    const text = own(written, name);
    if (open.has(name)) circles += 1;
    if (text === undefined || open.has(name)) return own(base, name);
    const known = done.get(name);
    if (known !== undefined) return known;
    const circlesBefore = circles;
    open.add(name);
    const value = interpolate(text, lookup);
    open.delete(name);
    if (value.length > longestValue) throw tooLong(name);
    // A value from inside a circle depends on where the circle was entered: keep only what does not.
    if (open.size === 0 || circles === circlesBefore) done.set(name, value);
    return value;
  };
  const lookup = createLookup({ env: resolveName, node });
  return Object.fromEntries(Object.keys(written).map((name) => [name, resolveName(name) ?? ""]));
}

function tooLong(name: string): LongshoreError {
  return new LongshoreError("invalid", `env "${name}" is longer than 1 MiB with its references replaced`, {
    hint: "Write the value to a file with a template block instead.",
  });
}
