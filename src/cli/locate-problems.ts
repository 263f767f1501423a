import { type Diagnostic, describeProblem, JobFileError, type ReadJob } from "../jobfile/index.ts";
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
  return { severity: "error", ...describeProblem(problem), ...read.locate(problem.path, problem.about) };
}
