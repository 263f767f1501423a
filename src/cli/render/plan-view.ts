import type { HostConfigRequest } from "../../engine/index.ts";
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

/** What a job would create, for people: each task with its image, ports, mounts and limits. */
export function toPlanLines(
  job: Job,
  tasks: readonly TaskPlan[],
  options: PlanViewOptions,
): readonly string[] {
  const { colors } = options;
  const label = createTaskLabel(job);
  const images = new Set(tasks.map(({ container }) => container.request.Image));
  const head = `Job ${colors.bold(job.id)} (${job.type}): ${countOf(tasks.length, "task")}, ${countOf(images.size, "image")}`;
  return [
    head,
    colors.dim("Allocation ids and free ports (0 below) are chosen when the job runs."),
    ...tasks.flatMap((plan) => [
      "",
      `${colors.bold(`Task ${label(plan.task)}`)} ${colors.dim(`in ${plan.task.allocName}`)}`,
      ...toRows(plan).flatMap((row) => toRowLines(row, options)),
    ]),
  ];
}

function toRows({ container, config }: TaskPlan): readonly Row[] {
  const { request, ports, networkMode, notes } = container;
  const { HostConfig: host } = request;
  const words = [...(request.Entrypoint ?? []), ...(request.Cmd ?? [])].map(quoteWord).join(" ");
  const rows: readonly Row[] = [
    ["image", [request.Image]],
    ["command", [words === "" ? "the image's own" : words]],
    ["user", request.User === undefined ? [] : [request.User]],
    ["network", [networkMode]],
    ["ports", ports.map((port) => toPortText(port))],
    ["cpu", [`${config.resources.cpuMhz} MHz, more when nobody else needs it`]],
    ["memory", [toMemoryText(host.Memory, host.MemoryReservation)]],
    ["mounts", toMountTexts(host, config.allocDir)],
    ["note", notes],
  ];
  return rows.filter(([, values]) => values.length > 0);
}

/** Sources in the allocation's folder, which has no id yet, show as `<alloc>/...`. */
function toMountTexts(host: HostConfigRequest, allocDir: string): readonly string[] {
  const binds = (host.Binds ?? []).map((bind) => {
    const [source = "", target = "", mode] = bind.split(":");
    const from = source.startsWith(`${allocDir}/`) ? `<alloc>${source.slice(allocDir.length)}` : source;
    return `${from} on ${target}${mode === undefined ? "" : ` (${mode})`}`;
  });
  return [...binds, ...(host.Mounts ?? []).map((mount) => JSON.stringify(mount))];
}

function toPortText(port: TaskPlan["container"]["ports"][number]): string {
  const hostPort = port.hostPort === 0 ? "a free port" : `port ${port.hostPort}`;
  const inside = port.containerPort === 0 ? "the same port" : `port ${port.containerPort}`;
  return `${port.label}: ${hostPort} of ${port.hostIp} to ${inside} (TCP and UDP)`;
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
