import { checkName, checkUnique } from "./check-names.ts";
import type { Findings } from "./findings.ts";
import type { GroupVolume, Job, RestartPolicy, Task, TaskGroup } from "./job.ts";
import { type GroupSchema, type JobSchema, jobFileSchema, type TaskSchema } from "./job-schema.ts";
import { placeOf, type Read, readBlock, source } from "./read-block.ts";
import { isSeedStyle } from "./style.ts";
import { checkStaticPorts, type PlacedPort, type TakenPorts, toGroupNetwork } from "./to-network.ts";
import { toRestart, toTask } from "./to-task.ts";
import type { Block } from "./tree.ts";

const serviceRestart: RestartPolicy = { attempts: 2, intervalMs: 30 * 60_000, delayMs: 15_000, mode: "fail" };
const batchRestart: RestartPolicy = { ...serviceRestart, attempts: 3, intervalMs: 24 * 3_600_000 };

/** A file's job with its block, or undefined when it has none; what is wrong goes to the findings. */
export function toJob(
  file: Block,
  findings: Findings,
): { readonly job: Job; readonly block: Block } | undefined {
  const [block, second] = file.blocks.job ?? [];
  if (block === undefined) {
    // Behind another fault it is only what follows from it: a misspelt block, say.
    if (findings.errors().length === 0) {
      findings.error([0, 1, 1, 1, 1], "Missing job block", 'A job file holds one job "name" { ... } block.');
    }
    return undefined;
  }
  if (second !== undefined) {
    findings.error(
      second.place,
      "Duplicate job block",
      `A job file holds one job; the first is on line ${block.place?.[1] ?? "?"}.`,
    );
  }
  const seedStyle = isSeedStyle(block);
  const [job] = readBlock(file, jobFileSchema, findings, { bareNumberIsSeconds: seedStyle }).job;
  return job && { job: assemble(job, seedStyle, findings), block };
}

function assemble(job: Read<JobSchema>, seedStyle: boolean, findings: Findings): Job {
  const block = job[source];
  const id = job.id ?? block.label ?? "";
  checkName("job", id, block, findings);
  if (/\s/.test(id))
    findings.error(
      block.labelPlace ?? block.place,
      "Invalid job name",
      `A job's id has no blanks, but this is "${id}".`,
    );
  const around = { job, seedStyle, findings, taken: new Map() };
  const groups = [...toLoneGroups(around), ...toGroups(around)];
  checkUnique(
    "group",
    [...job.group, ...job.task].map((named) => named[source]),
    findings,
  );
  if (groups.length === 0 && !findings.hasFaultIn(block.place, undefined)) {
    findings.error(block.place, "Nothing to run", `The job "${id}" has no group with a task in it.`);
  }
  return {
    id,
    name: job.name || block.label || id,
    type: job.type,
    region: job.region || "global",
    namespace: job.namespace || "default",
    datacenters: job.datacenters ?? ["*"],
    priority: job.priority,
    meta: job.meta ?? {},
    groups,
    seedStyle,
  };
}

function defaultRestart(job: Read<JobSchema>): RestartPolicy {
  return job.type === "batch" || job.type === "sysbatch" ? batchRestart : serviceRestart;
}

/** What the groups of a job are read with. */
interface JobParts {
  readonly job: Read<JobSchema>;
  readonly seedStyle: boolean;
  readonly findings: Findings;
  /** The static ports of all groups that run: they are on one machine. */
  readonly taken: TakenPorts;
}

/** Tasks directly in the job are groups of their own name, with one task. */
function toLoneGroups({ job, ...around }: JobParts): TaskGroup[] {
  return job.task.map((task) => {
    const restart = defaultRestart(job);
    const name = task[source].label ?? "";
    return {
      name,
      count: 1,
      network: undefined,
      restart,
      tasks: toTasks([task], { ...around, name, restart, network: undefined, volumes: [], count: 1 }),
      meta: {},
      volumes: [],
      shutdownDelayMs: 0,
      maxRunDurationMs: undefined,
    };
  });
}

function toGroups({ job, ...around }: JobParts): TaskGroup[] {
  const { findings } = around;
  return job.group.map((group, index) => {
    const block = group[source];
    const name = block.label ?? "";
    checkName("group", name, block, findings);
    const restart = toRestart(group.restart, defaultRestart(job));
    const network = toGroupNetwork(group.network, findings);
    listIdleHostname(group, findings);
    const volumes = toVolumes(group, findings);
    const { count } = group;
    const taken = count === 0 ? new Map() : around.taken;
    checkCount(job, group, findings);
    checkTasks(group, job.group[index + 1], findings);
    return {
      name,
      count,
      network,
      restart,
      tasks: toTasks(group.task, { ...around, taken, name, restart, network, volumes, count }, group),
      meta: group.meta ?? {},
      volumes,
      shutdownDelayMs: group.shutdown_delay,
      maxRunDurationMs: toMaxRunDuration(job, group, findings),
    };
  });
}

/** A group without tasks, or with none that the others could be around. */
function checkTasks(
  { task: tasks, [source]: block }: Read<GroupSchema>,
  next: Read<GroupSchema> | undefined,
  findings: Findings,
): void {
  if (tasks.length === 0) {
    // Behind a fault in it, it is only what follows: a misspelt block, say.
    if (findings.hasFaultIn(block.place, next?.[source].place)) return;
    findings.error(block.place, "Nothing to run", `The group "${block.label}" has no task.`);
  } else if (tasks.every((task) => task.lifecycle?.hook !== undefined)) {
    const detail = `The group "${block.label}" has no main task: each of its tasks has a "lifecycle", so it would run before or after nothing.`;
    findings.error(block.place, "No main task", detail);
  }
}

/** Outside a network of the group's own, each container has its name from its task's config. */
function listIdleHostname(
  { network: [network], [source]: block }: Read<GroupSchema>,
  findings: Findings,
): void {
  if (network === undefined || network.mode === "bridge" || network.hostname === "") return;
  findings.idle(`group "${block.label}" > network > hostname`, placeOf(network[source], "hostname"));
}

function checkCount(job: Read<JobSchema>, group: Read<GroupSchema>, findings: Findings): void {
  if (group.count < 2 || (job.type !== "system" && job.type !== "sysbatch")) return;
  const detail = `A ${job.type} job runs once on each machine, so "count" is at most 1, not ${group.count}.`;
  findings.error(placeOf(group[source], "count"), "Invalid count", detail);
}

function toMaxRunDuration(
  job: Read<JobSchema>,
  { max_run_duration: ms, [source]: block }: Read<GroupSchema>,
  findings: Findings,
): number | undefined {
  if (ms === undefined) return undefined;
  const place = placeOf(block, "max_run_duration");
  if (ms === 0) findings.error(place, "Invalid duration", '"max_run_duration" must be above 0.');
  if (job.type !== "batch" && job.type !== "sysbatch") {
    const detail = `Only batch and sysbatch jobs may have "max_run_duration": a ${job.type} job runs until it is stopped.`;
    findings.error(place, "Invalid max_run_duration", detail);
  }
  return ms;
}

interface GroupParts extends Omit<JobParts, "job"> {
  readonly name: string;
  readonly restart: RestartPolicy;
  readonly network: TaskGroup["network"];
  readonly volumes: readonly GroupVolume[];
  readonly count: number;
}

function toTasks(tasks: readonly Read<TaskSchema>[], parts: GroupParts, group?: Read<GroupSchema>): Task[] {
  const { findings } = parts;
  checkUnique(
    "task",
    tasks.map((task) => task[source]),
    findings,
  );
  checkLeaders(tasks, findings);
  const portLabels = new Set((parts.network?.ports ?? []).map((port) => port.label));
  const volumes = new Set(parts.volumes.map((volume) => volume.name));
  const result = tasks.map((task) => {
    checkName("task", task[source].label ?? "", task[source], findings);
    return toTask(task, { ...parts, portLabels, volumes });
  });
  checkStaticPorts(
    [...placedPorts(parts, group), ...result.flatMap((task, i) => placedTaskPorts(task, tasks[i]))],
    parts,
  );
  return result;
}

function placedPorts({ network }: GroupParts, group: Read<GroupSchema> | undefined): PlacedPort[] {
  const written = group?.network[0]?.port ?? [];
  return (network?.ports ?? []).map((spec, index) => {
    const block = written[index]?.[source];
    return { spec, place: block && placeOf(block, "static"), owner: `port "${spec.label}"` };
  });
}

function placedTaskPorts(task: Task, written: Read<TaskSchema> | undefined): PlacedPort[] {
  const block = written?.resources?.network[0]?.[source];
  return (task.resources.network?.reservedPorts ?? []).map((spec) => {
    const port = block?.blocks.port?.find((candidate) => candidate.label === spec.label);
    const place = port === undefined ? block && placeOf(block, "reserved_ports") : placeOf(port, "static");
    return { spec, place, owner: `port "${spec.label}" of task "${task.name}"` };
  });
}

function checkLeaders(tasks: readonly Read<TaskSchema>[], findings: Findings): void {
  const leaders = tasks.filter((task) => task.leader);
  const [first, second] = leaders;
  if (first === undefined || second === undefined) return;
  const detail = `One task of a group may lead; "${first[source].label}" does already.`;
  findings.error(placeOf(second[source], "leader"), "Two leaders", detail);
}

function toVolumes(group: Read<GroupSchema>, findings: Findings): GroupVolume[] {
  checkUnique(
    "volume",
    group.volume.map((volume) => volume[source]),
    findings,
  );
  return group.volume.map((volume) => {
    const block = volume[source];
    const isHost = volume.type === "host";
    if (volume.type === "csi") {
      findings.error(
        placeOf(block, "type"),
        "Unsupported volume",
        'A "csi" volume needs a cluster; "host" volumes work on one machine.',
      );
    } else if (isHost && volume.source === "") {
      findings.error(
        block.place,
        "Missing required argument",
        '"source" is required here: the name of a host_volume in the agent\'s configuration.',
      );
    }
    return {
      name: block.label ?? "",
      type: volume.type ?? "host",
      source: volume.source,
      readOnly: volume.read_only,
    };
  });
}
