import { type Diagnostic, JobFileError, type ReadJob } from "../jobfile/index.ts";
import { type OptionProblem, OptionsError } from "../task/index.ts";

/**
 * An error whose problems are about keys of the job file, as one that points at their places in it. Any other
 * error comes back as it is.
 */
export function locateProblems(error: unknown, file: string, read: ReadJob): unknown {
  if (!(error instanceof OptionsError)) return error;
  const diagnostics = error.problems.map((problem) => toDiagnostic(problem, read));
  return new JobFileError(file, diagnostics, error);
}

function toDiagnostic(problem: OptionProblem, read: ReadJob): Diagnostic {
  const { path, message, hint } = problem;
  const key = path.findLast((part) => typeof part === "string") ?? "job";
  const sentence = `${message.charAt(0).toUpperCase()}${message.slice(1)}`.replace(/([^.?!])$/, "$1.");
  return {
    severity: "error",
    summary: `Invalid ${key}`,
    detail: hint === undefined ? sentence : `${sentence} ${hint}`,
    ...read.locate(path),
  };
}
