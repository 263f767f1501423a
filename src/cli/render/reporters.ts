import type { Diagnostic, NoEffect, ReadJob } from "../../jobfile/job.ts";
import type { LogFields, Logger } from "../../task/index.ts";
import type { CommandIo } from "../command-io.ts";
import { JsonEvents, toJsonLine, toJsonWarnings } from "./json-events.ts";
import type { RunReporter } from "./run-reporter.ts";
import { RunView } from "./run-view.ts";
import { toTaskLabels } from "./task-labels.ts";

/** Says what of a file has no effect on one machine, and what its reader warned of. */
export function toWarnings(read: ReadJob): readonly string[] {
  const keys = read.noEffect.map(describeKey).join(", ");
  const idle = keys === "" ? [] : [`no effect on one machine: ${keys}`];
  return [...idle, ...read.warnings.map(describeWarning)];
}

function describeKey({ key, range }: NoEffect): string {
  return range === undefined ? key : `${key} (line ${range.line})`;
}

function describeWarning({ summary, detail, range }: Diagnostic): string {
  const place = range === undefined ? "" : `${range.file}:${range.line}: `;
  return `${place}${summary}. ${detail}`.trim();
}

/** Writes warnings as notes. */
export function noteWarnings(read: ReadJob, io: CommandIo): void {
  for (const warning of toWarnings(read)) noteWarning(warning, io);
}

function noteWarning(warning: string, io: CommandIo): void {
  io.screen.note(`${io.noteColors.yellow("warning:")} ${io.screen.fold(warning, "warning: ".length)}`);
}

/** What the driver and the agent log: warnings and errors are shown, all of it with LONGSHORE_DEBUG=1. */
export function createReportLogger(reporter: RunReporter, env: CommandIo["env"]): Logger {
  const shown = (message: string, { error, ...others }: LogFields = {}): string => {
    const told = error === undefined ? message : `${message}: ${toFieldText(error)}`;
    const known = Object.entries(others).map(([name, value]) => `${name} ${toFieldText(value)}`);
    return known.length === 0 ? told : `${told} (${known.join(", ")})`;
  };
  const debug = env.LONGSHORE_DEBUG === "1";
  const quiet = (message: string, fields?: LogFields): void => {
    if (debug) reporter.note(shown(message, fields));
  };
  const loud = (message: string, fields?: LogFields): void => reporter.warning(shown(message, fields));
  return { debug: quiet, info: quiet, warn: loud, error: loud };
}

function toFieldText(value: unknown): string {
  if (value instanceof Error) return value.message;
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

/** For people. */
export function createViewReporter(read: ReadJob, io: CommandIo, noPrefix: boolean): RunReporter {
  const view = new RunView({
    job: read.job,
    screen: io.screen,
    outputColors: io.outputColors,
    noteColors: io.noteColors,
    outputIsTty: io.outputIsTty,
    prefix: !noPrefix && toTaskLabels(read.job).length > 1,
    now: () => performance.now(),
  });
  return {
    warn: () => noteWarnings(read, io),
    show: (event) => view.show(event),
    note: (text) => {
      io.screen.hideEcho();
      view.note(new Date(), text);
    },
    warning: (text) => noteWarning(text, io),
    end: () => view.flush(),
  };
}

/** For programs: a line of JSON for each event. */
export function createJsonReporter(io: CommandIo): RunReporter {
  const events = new JsonEvents();
  return {
    warn: (read) => {
      const at = new Date();
      for (const warning of toJsonWarnings(read))
        io.screen.output(toJsonLine({ type: "warning", at, ...warning }));
    },
    show: async (event, exitCode) => {
      const code = event.type === "job-finished" ? exitCode() : undefined;
      for (const line of events.toLines(event, code)) io.screen.output(line);
      await io.screen.drained();
    },
    note: () => undefined,
    warning: (message) => io.screen.output(toJsonLine({ type: "warning", at: new Date(), message })),
    end: () => undefined,
  };
}
