import type { Command, CommandIo } from "./command-io.ts";
import { exitCodes } from "./exit-code.ts";
import { loadJob } from "./load-job.ts";
import { planTasks, type TaskPlan } from "./plan-tasks.ts";
import { toJsonLine, toJsonWarnings } from "./render/json-events.ts";
import { toPlanLines } from "./render/plan-view.ts";
import { noteWarnings } from "./render/reporters.ts";

/** `longshore plan FILE`: what the job would create. Touches nothing and asks no engine. */
export const plan: Command = async (input, io) => {
  const read = await loadJob(input, io);
  const tasks = await planTasks(input, io, read);
  if (input.on("json")) {
    const told = { jobId: read.job.id, tasks: tasks.map(toJsonTask), warnings: toJsonWarnings(read) };
    io.screen.output(toJsonLine(told));
    return exitCodes.ok;
  }
  noteWarnings(read, io);
  show(toPlanLines(read.job, tasks, { columns: io.outputColumns, colors: io.outputColors }), io);
  return exitCodes.ok;
};

function show(lines: readonly string[], io: CommandIo): void {
  io.screen.output(lines.map((line) => `${line}\n`).join(""));
}

function toJsonTask({ task, container }: TaskPlan): Readonly<Record<string, unknown>> {
  const { name, request, ports, notes } = container;
  return { task, containerName: name, createRequest: request, ports, notes };
}
