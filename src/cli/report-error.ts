import { type Diagnostic, formatDiagnostic, JobFileError } from "../jobfile/index.ts";
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

/** How this command is given what the driver's messages name. */
const optionsHint =
  'The docker driver\'s options are set in a file given by -config: plugin "docker" { config { ... } }.';

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

function describeForPrograms(error: unknown): JsonError {
  const told = toJsonError(error);
  if (error instanceof UsageError) return { ...told, kind: "usage" };
  return error instanceof JobFileError ? { ...told, problems: error.diagnostics.map(toJsonProblem) } : told;
}

function describeForPeople(error: unknown, io: CommandIo): readonly string[] {
  const { noteColors, screen } = io;
  const head = (text: string): string =>
    `${noteColors.bold(noteColors.red("error:"))} ${screen.fold(text, "error: ".length)}`;
  const hint = (text: string | undefined): readonly string[] =>
    text === undefined ? [] : [`${noteColors.dim("hint:")} ${screen.fold(text, "hint: ".length)}`];
  if (error instanceof JobFileError) {
    const lines = error.diagnostics.flatMap((one) => describeDiagnostic(one, head, io));
    const isRefused = error.diagnostics.some(({ detail }) => detail.includes("docker driver's option"));
    return [...lines, ...hint(isRefused ? optionsHint : undefined)];
  }
  if (error instanceof OptionsError)
    return error.problems.flatMap((one) => [
      head(`${one.path.join(".")}: ${one.message}`),
      ...hint(one.hint),
    ]);
  const { message } = toJsonError(error);
  if (isLongshoreError(error)) return [head(message), ...hint(error.hint)];
  return [head(`unexpected: ${message}`), ...hint("LONGSHORE_DEBUG=1 shows where. Please report it.")];
}

function describeDiagnostic(
  diagnostic: Diagnostic,
  head: (text: string) => string,
  { noteColors, screen }: CommandIo,
): readonly string[] {
  const [first = "", ...rest] = formatDiagnostic(diagnostic).split("\n");
  const toShown = (line: string): string => {
    const [, left, carets] = /^( +\| +)(\^+)$/.exec(line) ?? [];
    if (left !== undefined && carets !== undefined) return left + noteColors.red(carets);
    const isSource = /^ *\d+ \|/.test(line);
    return isSource ? line : `  ${screen.fold(line.trimStart(), 2)}`;
  };
  return [head(first), ...rest.map(toShown)];
}

/** The stacks of an error and of its causes. */
function toTrace(error: unknown): string {
  const stacks: string[] = [];
  for (let one: unknown = error; one instanceof Error && stacks.length < 10; one = one.cause)
    stacks.push(one.stack ?? one.message);
  return stacks.join("\ncaused by ");
}
