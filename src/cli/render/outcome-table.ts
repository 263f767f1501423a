import type { JobOutcome, TaskOutcome } from "../../agent/agent.ts";
import type { Colors } from "./colors.ts";
import { type TableCell, type TableColumn, toTable } from "./table.ts";
import type { TaskLabel } from "./task-labels.ts";
import { formatDuration, wrap } from "./text.ts";

export interface ClosingOptions {
  readonly jobName: string;
  /** From the job's start to its end, milliseconds. */
  readonly durationMs: number;
  readonly label: TaskLabel;
  /** Width of the terminal. */
  readonly columns: number;
  readonly colors: Colors;
}

const stateTexts: Readonly<Record<TaskOutcome["state"], string>> = {
  complete: "complete",
  failed: "failed",
  stopped: "stopped",
  "never-started": "not started",
};

/** Terminals narrower than this get short titles. */
const roomyColumns = 60;

/** The table of tasks and one sentence on the job, ready to be written below each other. */
export function toClosingLines(outcome: JobOutcome, options: ClosingOptions): readonly string[] {
  const { colors, columns } = options;
  const rows = outcome.tasks.map((task) => toRow(task, options));
  const table = toTable(toColumns(columns), rows, { columns, paintTitle: colors.dim });
  const sentence = wrap(describeOutcome(outcome, options), columns).map((line) =>
    outcome.state === "failed" ? colors.red(line) : line,
  );
  return ["", ...table, "", ...sentence];
}

function toColumns(columns: number): readonly TableColumn[] {
  const roomy = columns >= roomyColumns;
  return [
    { title: "TASK", shrinks: true },
    { title: "STATE" },
    { title: "EXIT", align: "right" },
    { title: roomy ? "RESTARTS" : "RST", align: "right" },
    { title: roomy ? "RUN TIME" : "TIME", align: "right" },
  ];
}

function toRow(task: TaskOutcome, options: ClosingOptions): readonly TableCell[] {
  const { colors, label } = options;
  const bad = task.state === "failed" || task.error !== undefined;
  const paint = bad ? colors.red : task.state === "complete" ? colors.green : colors.yellow;
  return [
    { text: label(task.task) },
    { text: stateTexts[task.state], paint },
    { text: task.exit === undefined ? "-" : String(task.exit.exitCode) },
    { text: String(task.restarts) },
    { text: task.state === "never-started" ? "-" : formatDuration(task.runTimeMs) },
  ];
}

function describeOutcome(outcome: JobOutcome, options: ClosingOptions): string {
  const { jobName } = options;
  const after = `after ${formatDuration(options.durationMs)}`;
  if (outcome.state === "complete") return `Job ${jobName} is complete ${after}.`;
  if (outcome.state === "stopped") return `Job ${jobName} was stopped ${after}.`;
  const failed = outcome.failedTask;
  if (failed === undefined) return `Job ${jobName} failed ${after}.`;
  const name = options.label(failed.task);
  if (failed.exit === undefined || failed.state === "never-started")
    return `Job ${jobName} failed ${after}: task ${name} could not start.`;
  const why = failed.exit.oomKilled
    ? "was killed because it used more memory than its limit"
    : failed.exit.signal !== 0
      ? `was ended by signal ${failed.exit.signal} (exit code ${failed.exit.exitCode})`
      : `ended with exit code ${failed.exit.exitCode}`;
  return `Job ${jobName} failed ${after}: task ${name} ${why}.`;
}
