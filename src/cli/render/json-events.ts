import type { JobOutcome, RunEvent, TaskOutcome, TaskRef } from "../../agent/agent.ts";
import type { Diagnostic, ReadJob, SourceRange } from "../../jobfile/job.ts";
import { type ErrorKind, errorMessage, isLongshoreError, OptionsError } from "../../task/index.ts";
import { type Piece, Utf8Pieces } from "./utf8-pieces.ts";

/** An error as `--json` shows it; docs/events.md describes it. */
export interface JsonError {
  readonly kind: ErrorKind | "usage";
  readonly message: string;
  readonly hint?: string | undefined;
  /** Every fault of a job file or of a block of options. */
  readonly problems?: readonly JsonProblem[] | undefined;
}

export interface JsonProblem {
  readonly message: string;
  readonly hint?: string | undefined;
  /** Path of the option, outermost key first. */
  readonly path?: readonly (string | number)[] | undefined;
  readonly range?: SourceRange | undefined;
}

/** An error's part for programs; whatever is no LongshoreError is `internal`. */
export function toJsonError(error: unknown): JsonError {
  if (!isLongshoreError(error)) return { kind: "internal", message: errorMessage(error) };
  const problems = error instanceof OptionsError ? error.problems : undefined;
  return { kind: error.kind, message: error.message, hint: error.hint, problems };
}

/** A fault of a job file as `--json` shows it. */
export function toJsonProblem(diagnostic: Diagnostic): JsonProblem {
  const message =
    diagnostic.detail === "" ? diagnostic.summary : `${diagnostic.summary}: ${diagnostic.detail}`;
  return { message, range: diagnostic.range };
}

/** What of a job file has no effect or is doubtful, as `--json` shows it. */
export function toJsonWarnings({ noEffect, warnings }: ReadJob): readonly JsonProblem[] {
  const idle = noEffect.map(({ key, range }) => ({ message: `${key} has no effect on one machine`, range }));
  return [...idle, ...warnings.map(toJsonProblem)];
}

/** One line of JSON with its line end. */
export function toJsonLine(value: unknown): string {
  return `${JSON.stringify(value, (_, item: unknown) => (item instanceof Error ? toJsonError(item) : item))}\n`;
}

/** Turns the events of one run into lines of JSON, as docs/events.md describes them. */
export class JsonEvents {
  readonly #pieces = new Map<
    string,
    { readonly task: TaskRef; readonly stream: "stdout" | "stderr"; readonly bytes: Utf8Pieces }
  >();

  /** The lines for an event: one, or with what had been kept back of a task's output, or none yet. */
  toLines(event: RunEvent, exitCode?: number): readonly string[] {
    switch (event.type) {
      case "log":
        return this.#log(event);
      case "task-event":
        if (event.detail.type !== "exited") return [toEventLine(event)];
        return [...this.#rest(event.at, event.task), toEventLine(event)];
      case "job-finished":
        return [
          ...this.#rest(event.at),
          toJsonLine({ type: event.type, at: event.at, ...toJsonOutcome(event.outcome, exitCode) }),
        ];
      default:
        return [toEventLine(event)];
    }
  }

  #log(event: Extract<RunEvent, { type: "log" }>): readonly string[] {
    const { task, stream } = event;
    const key = `${task.allocId}/${task.task}/${stream}`;
    const known = this.#pieces.get(key) ?? { task, stream, bytes: new Utf8Pieces() };
    this.#pieces.set(key, known);
    return toLogLines(event.at, task, stream, known.bytes.push(event.data));
  }

  #rest(at: Date, of?: TaskRef): readonly string[] {
    return [...this.#pieces].flatMap(([key, { task, stream, bytes }]) => {
      if (of !== undefined && (of.allocId !== task.allocId || of.task !== task.task)) return [];
      this.#pieces.delete(key);
      return toLogLines(at, task, stream, bytes.end());
    });
  }
}

/** The keys that every line has come first. */
function toEventLine({ type, at, ...rest }: RunEvent): string {
  return toJsonLine({ type, at, ...rest });
}

function toLogLines(at: Date, task: TaskRef, stream: string, piece: Piece | undefined): readonly string[] {
  return piece === undefined ? [] : [toJsonLine({ type: "log", at, task, stream, ...piece })];
}

function toJsonOutcome(outcome: JobOutcome, exitCode: number | undefined): Record<string, unknown> {
  return {
    state: outcome.state,
    exitCode,
    failedTask: outcome.failedTask?.task,
    tasks: outcome.tasks.map(toJsonTask),
  };
}

function toJsonTask(outcome: TaskOutcome): Record<string, unknown> {
  const { task, state, exit, error, restarts, runTimeMs } = outcome;
  return { task, state, exit, error, restarts, runTimeMs: Math.round(runTimeMs) };
}
