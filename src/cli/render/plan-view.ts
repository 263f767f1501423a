import { type PublishedPort, toPublishedPort } from "../../driver/index.ts";
import type { HostConfigRequest, MountRequest } from "../../engine/index.ts";
import type { Job } from "../../jobfile/job.ts";
import type { TaskPlan } from "../plan-tasks.ts";
import type { Colors } from "./colors.ts";
import { createTaskLabel } from "./task-labels.ts";
import { countOf, formatBytes, pad, wrap } from "./text.ts";

export interface PlanViewOptions {
  readonly columns: number;
  readonly colors: Colors;
}

type Row = readonly [name: string, values: readonly string[]];

const howChosen =
  "Allocation ids and free ports are chosen when the job runs: a port of 0 stands for a free one.";

/** What a job would create, for people: each task with its image, ports, mounts and limits. */
export function toPlanLines(
  job: Job,
  tasks: readonly TaskPlan[],
  options: PlanViewOptions,
): readonly string[] {
  const { colors, columns } = options;
  const label = createTaskLabel(job);
  const images = new Set(tasks.map(({ container }) => container.request.Image));
  const head = `Job ${colors.bold(job.id)} (${job.type}): ${countOf(tasks.length, "task")}, ${countOf(images.size, "image")}`;
  return [
    head,
    ...wrap(howChosen, columns).map(colors.dim),
    ...tasks.flatMap((plan) => [
      "",
      `${colors.bold(`Task ${label(plan.task)}`)} ${colors.dim(`in ${plan.task.allocName}`)}`,
      ...toRows(plan, coresOf(job, plan)).flatMap((row) => toRowLines(row, options)),
    ]),
  ];
}

/** Cores of its own that a task asks for; which ones it gets is known when it runs. */
function coresOf(job: Job, { task }: TaskPlan): number {
  const group = job.groups.find(({ name }) => name === task.group);
  return group?.tasks.find(({ name }) => name === task.task)?.resources.cores ?? 0;
}

function toRows({ container, config }: TaskPlan, cores: number): readonly Row[] {
  const { request, ports, networkMode, notes } = container;
  const { HostConfig: host } = request;
  const joinsGroup =
    networkMode === `container:${config.networkIsolation?.labels.docker_sandbox_container_id}`;
  const words = [...(request.Entrypoint ?? []), ...(request.Cmd ?? [])].map(quoteWord).join(" ");
  const rows: readonly Row[] = [
    ["image", [request.Image]],
    ["command", [words === "" ? "the image's own" : words]],
    ["user", request.User === undefined ? [] : [request.User]],
    ["network", [joinsGroup ? "bridge, shared by the group" : networkMode]],
    // In a shared network they lead to whichever task listens.
    ["ports", (joinsGroup ? config.resources.ports.map(toPublishedPort) : ports).map(toPortText)],
    ["cpu", [cores > 0 ? `${countOf(cores, "core")} of its own` : toCpuText(config.resources.cpuMhz, host)]],
    ["memory", [toMemoryText(host.Memory, host.MemoryReservation)]],
    ["processes", (host.PidsLimit ?? -1) > 0 ? [`at most ${host.PidsLimit}`] : []],
    ["mounts", toMountTexts(host, config.allocDir)],
    ["note", notes],
  ];
  return rows.filter(([, values]) => values.length > 0);
}

/** Sources in the allocation's folder, which has no id yet, show as `<alloc>/...`. */
function toMountTexts(host: HostConfigRequest, allocDir: string): readonly string[] {
  const shown = (source: string): string =>
    source.startsWith(`${allocDir}/`) ? `<alloc>${source.slice(allocDir.length)}` : source;
  const binds = (host.Binds ?? []).map((bind) => {
    const [source = "", target = "", mode] = bind.split(":");
    return `${shown(source)} on ${target}${mode === undefined ? "" : ` (${mode})`}`;
  });
  const mounts = (host.Mounts ?? []).map((mount) => {
    const from = mount.Type === "bind" ? shown(mount.Source ?? "") : toSourceText(mount);
    return `${from} on ${mount.Target}${mount.ReadOnly === true ? " (ro)" : ""}`;
  });
  return [...binds, ...mounts];
}

function toSourceText({ Type, Source, TmpfsOptions }: MountRequest): string {
  if (Type !== "tmpfs") return Source === undefined ? `a new ${Type}` : `${Type} ${Source}`;
  const most = TmpfsOptions?.SizeBytes ?? 0;
  return most === 0 ? "memory" : `memory of at most ${formatMebibytes(most)}`;
}

function toPortText(port: PublishedPort): string {
  const hostPort = port.hostPort === 0 ? "a free port" : `port ${port.hostPort}`;
  const inside = port.containerPort === 0 ? "the same port" : `port ${port.containerPort}`;
  return `${port.label}: ${hostPort} of ${port.hostIp} to ${inside} (TCP and UDP)`;
}

function toCpuText(cpuMhz: number, { CpuQuota }: HostConfigRequest): string {
  return `${cpuMhz} MHz, ${CpuQuota === undefined ? "more when nobody else needs it" : "never more"}`;
}

function toMemoryText(limit: number | undefined, reservation: number | undefined): string {
  const most = limit === undefined || limit <= 0 ? "no limit" : `at most ${formatMebibytes(limit)}, no swap`;
  return reservation === undefined || reservation === 0
    ? most
    : `${formatMebibytes(reservation)} kept free, ${most}`;
}

/** Job files count memory in MB of 1024 x 1024 bytes. */
function formatMebibytes(bytes: number): string {
  return bytes % 2 ** 20 === 0 ? `${bytes / 2 ** 20} MB` : formatBytes(bytes);
}

function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

const nameColumns = 9;

function toRowLines([name, values]: Row, { columns, colors }: PlanViewOptions): readonly string[] {
  const indent = 2 + nameColumns + 1;
  const lines = values.flatMap((value) => wrap(value, Math.max(20, columns - indent)));
  return lines.map((line, index) =>
    index === 0 ? `  ${colors.dim(pad(name, nameColumns))} ${line}` : `${" ".repeat(indent)}${line}`,
  );
}
