import type { Diagnostic } from "../jobfile/job.ts";
import { isLongshoreError, OptionsError } from "../task/index.ts";
import type { CommandIo } from "./command-io.ts";
import { exitCodes } from "./exit-code.ts";
import { type JsonError, toJsonError, toJsonLine, toJsonProblem } from "./render/json-events.ts";
import { UsageError } from "./usage-error.ts";

export interface ReportOptions {
  readonly io: CommandIo;
  /** As one JSON object on stdout instead of lines on stderr. */
  readonly json: boolean;
}

/** Tells the user what stopped the command, without a stack, and answers the exit code for it. */
export function reportError(error: unknown, { io, json }: ReportOptions): number {
  if (json) {
    io.screen.output(toJsonLine({ type: "error", at: new Date(), error: describeForPrograms(error) }));
  } else {
    for (const line of describeForPeople(error, io)) io.screen.note(line);
  }
  if (io.env.LONGSHORE_DEBUG === "1") io.screen.note(toTrace(error));
  return isLongshoreError(error, "invalid") ? exitCodes.usage : exitCodes.failed;
}

/** The faults of a job file that an error carries. */
export function diagnosticsOf(error: unknown): readonly Diagnostic[] {
  if (!(error instanceof Error) || !("diagnostics" in error)) return [];
  return Array.isArray(error.diagnostics) ? error.diagnostics : [];
}

function describeForPrograms(error: unknown): JsonError {
  const told = toJsonError(error);
  if (error instanceof UsageError) return { ...told, kind: "usage" };
  const diagnostics = diagnosticsOf(error);
  return diagnostics.length === 0 ? told : { ...told, problems: diagnostics.map(toJsonProblem) };
}

function describeForPeople(error: unknown, io: CommandIo): readonly string[] {
  const { red, bold, dim } = io.noteColors;
  const head = (text: string): string => `${bold(red("error:"))} ${text}`;
  const { message, hint } = toJsonError(error);
  const hints = hint === undefined ? [] : [`${dim("hint:")} ${hint}`];
  if (error instanceof OptionsError && error.problems.length > 1) return describeOptions(error, head);
  if (isLongshoreError(error)) return [head(message), ...hints];
  return [head(`unexpected: ${message}`), `${dim("hint:")} LONGSHORE_DEBUG=1 shows where; please report it.`];
}

function describeOptions(error: OptionsError, head: (text: string) => string): readonly string[] {
  return error.problems.flatMap((problem) => [
    head(`${problem.path.join(".")}: ${problem.message}`),
    ...(problem.hint === undefined ? [] : [`hint: ${problem.hint}`]),
  ]);
}

/** The stacks of an error and of its causes. */
function toTrace(error: unknown): string {
  const stacks: string[] = [];
  for (let one: unknown = error; one instanceof Error && stacks.length < 10; one = one.cause)
    stacks.push(one.stack ?? one.message);
  return stacks.join("\ncaused by ");
}
