import type { JobOutcome, RunEvent, TaskRef } from "../../agent/agent.ts";
import type { Job } from "../../jobfile/job.ts";
import { type Colors, type Paint, toTaskPaints } from "./colors.ts";
import { LineSplitter, toPrefixedLine } from "./log-lines.ts";
import { toClosingLines } from "./outcome-table.ts";
import { PullBoard } from "./pull-board.ts";
import type { Screen } from "./screen.ts";
import { createTaskLabel, type TaskLabel, toTaskLabels } from "./task-labels.ts";
import { countOf, formatTime, pad, truncateMiddle } from "./text.ts";

export interface RunViewOptions {
  readonly job: Job;
  readonly screen: Screen;
  /** Colours of stdout, where the tasks' output goes. */
  readonly outputColors: Colors;
  /** Colours of stderr, where the rest goes. */
  readonly noteColors: Colors;
  /** Whether stdout is a terminal. */
  readonly outputIsTty: boolean;
  /** Task names before output lines; by default where the job has more than one task. */
  readonly prefix: boolean;
  /** Milliseconds that only go forward. */
  readonly now: () => number;
}

/** What a line's time takes, with the space behind it. */
const timeColumns = 9;

/** Shortest time between two drawings of the progress lines, milliseconds. */
const redrawMs = 80;

type TaskEvent = Extract<RunEvent, { type: "task-event" }>;
type LogEvent = Extract<RunEvent, { type: "log" }>;

/** Shows a run to a person: output on stdout; events, progress and the closing table on stderr. */
export class RunView {
  readonly #options: RunViewOptions;
  readonly #label: TaskLabel;
  readonly #labelColumns: number;
  /** Output goes through byte for byte: one task alone, read by a file or a program. */
  readonly #raw: boolean;
  readonly #outputPaints: ReadonlyMap<string, Paint>;
  readonly #notePaints: ReadonlyMap<string, Paint>;
  readonly #splitters = new Map<string, { readonly event: LogEvent; readonly lines: LineSplitter }>();
  readonly #pulls = new PullBoard();
  /** Tasks that were asked to stop: how they end then is no bad news. */
  readonly #stopping = new Set<string>();
  #startedAt: Date | undefined;
  #drawnAt = Number.NEGATIVE_INFINITY;

  constructor(options: RunViewOptions) {
    this.#options = options;
    this.#label = createTaskLabel(options.job);
    const labels = toTaskLabels(options.job);
    const longest = Math.max(0, ...labels.map((label) => label.length));
    this.#labelColumns = Math.min(longest, Math.max(6, Math.floor(options.screen.columns / 4)));
    this.#raw = labels.length <= 1 && !options.prefix && !options.outputIsTty;
    this.#outputPaints = toTaskPaints(labels, options.outputColors);
    this.#notePaints = toTaskPaints(labels, options.noteColors);
  }

  /** Shows one event; resolves when the streams can take more. */
  async show(event: RunEvent): Promise<void> {
    switch (event.type) {
      case "job-started":
        this.#startedAt = event.at;
        this.note(event.at, describeStart(event));
        break;
      case "alloc-state":
        if (event.state === "failed" && event.reason !== "")
          this.note(event.at, this.#options.noteColors.red(`${event.allocName}: ${event.reason}`));
        break;
      case "task-event":
        this.#taskEvent(event);
        break;
      case "log":
        this.#log(event);
        break;
      case "job-finished":
        this.#finish(event.outcome, event.at);
        break;
    }
    await this.#options.screen.drained();
  }

  /** A line about the job as a whole. */
  note(at: Date, text: string): void {
    const { screen, noteColors } = this.#options;
    screen.note(`${noteColors.dim(formatTime(at))} ${screen.fold(text, timeColumns)}`);
  }

  /** Writes what tasks left without a line end and clears the progress lines. */
  flush(): void {
    for (const { event, lines } of this.#splitters.values()) this.#write(event, lines.end());
    this.#splitters.clear();
    this.#options.screen.setLive([]);
  }

  #taskEvent(event: TaskEvent): void {
    const { detail, task } = event;
    const { screen, noteColors } = this.#options;
    const key = `${task.allocId}/${task.task}`;
    const news = this.#pulls.update(key, detail);
    if (detail.type === "stopping") this.#stopping.add(key);
    if (detail.type === "started") this.#stopping.delete(key);
    if (detail.type === "exited") this.#endOutput(task);
    const told = news && !(detail.type === "pull-started" && screen.live);
    this.#drawPulls(told || detail.type === "pull-finished");
    if (!told) return;
    const paint = isBad(detail, this.#stopping.has(key))
      ? noteColors.red
      : isAside(detail)
        ? noteColors.dim
        : String;
    // The label says whose it is.
    const said = event.message.replace(`task "${task.task}": `, "");
    const message = paint(capitalise(said));
    this.note(event.at, `${this.#paintedLabel(task, this.#notePaints)} ${message}`);
    if (detail.type === "failed" && detail.error.hint !== undefined)
      screen.note(
        " ".repeat(timeColumns) + noteColors.dim(screen.fold(`hint: ${detail.error.hint}`, timeColumns)),
      );
  }

  #drawPulls(now: boolean): void {
    const at = this.#options.now();
    if (!now && at - this.#drawnAt < redrawMs) return;
    this.#drawnAt = at;
    const { screen } = this.#options;
    screen.setLive(this.#pulls.lines(screen.columns - 1));
  }

  #log(event: LogEvent): void {
    if (this.#raw) {
      this.#options.screen.output(event.data);
      return;
    }
    const key = `${event.task.allocId}/${event.task.task}/${event.stream}`;
    const known = this.#splitters.get(key) ?? { event, lines: new LineSplitter() };
    this.#splitters.set(key, known);
    this.#write(event, known.lines.push(event.data));
  }

  #write(event: LogEvent, lines: readonly string[]): void {
    if (lines.length === 0) return;
    const { prefix, outputColors, outputIsTty, screen } = this.#options;
    if (!prefix) {
      screen.output(lines.map((line) => `${line}\n`).join(""));
      return;
    }
    const bar = event.stream === "stderr" ? outputColors.red("|") : outputColors.dim("|");
    const head = `${this.#paintedLabel(event.task, this.#outputPaints)} ${bar} `;
    const whole = (line: string): string => (outputIsTty ? toPrefixedLine(head, line) : head + line);
    screen.output(lines.map((line) => `${whole(line)}\n`).join(""));
  }

  #endOutput(task: TaskRef): void {
    for (const stream of ["stdout", "stderr"]) {
      const key = `${task.allocId}/${task.task}/${stream}`;
      const known = this.#splitters.get(key);
      if (known !== undefined) this.#write(known.event, known.lines.end());
      this.#splitters.delete(key);
    }
  }

  #paintedLabel(task: TaskRef, paints: ReadonlyMap<string, Paint>): string {
    const label = this.#label(task);
    const text = pad(truncateMiddle(label, this.#labelColumns), this.#labelColumns);
    return (paints.get(label) ?? String)(text);
  }

  #finish(outcome: JobOutcome, at: Date): void {
    this.flush();
    const { screen, noteColors, job } = this.#options;
    const lines = toClosingLines(outcome, {
      jobName: job.name,
      durationMs: at.getTime() - (this.#startedAt ?? at).getTime(),
      label: this.#label,
      columns: screen.columns,
      colors: noteColors,
    });
    for (const line of lines) screen.note(line);
  }
}

function isBad(detail: TaskEvent["detail"], stopping: boolean): boolean {
  if (detail.type === "exited") return !stopping && (detail.exit.exitCode !== 0 || detail.exit.oomKilled);
  return detail.type === "failed" || detail.type === "oom" || detail.type === "engine-lost";
}

/** Steps that are as expected, and that few want to read. */
function isAside({ type }: TaskEvent["detail"]): boolean {
  return ["created", "removed", "image-removed", "preparing"].includes(type);
}

/** What begins with the path of a key stays as the key is written. */
function capitalise(sentence: string): string {
  if (/^\w+\.\w/.test(sentence)) return sentence;
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

function describeStart(event: Extract<RunEvent, { type: "job-started" }>): string {
  const tasks = countOf(event.tasks, "task");
  const where = event.allocations > 1 ? ` in ${countOf(event.allocations, "allocation")}` : "";
  return event.resumed
    ? `Job ${event.jobId} goes on where an earlier run left off: ${tasks}${where}`
    : `Job ${event.jobId} starts: ${tasks}${where}`;
}
