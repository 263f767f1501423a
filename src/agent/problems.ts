import { type OptionProblem, OptionsError } from "../task/index.ts";
import { toLongshoreError } from "./to-error.ts";

type Path = OptionProblem["path"];

/** What a check throws, as problems of the key at `path` or below it; nothing when it passes. */
export function problemsOf(path: Path, check: () => unknown): readonly OptionProblem[] {
  try {
    check();
    return [];
  } catch (error) {
    return toProblems(error, path);
  }
}

/** What was thrown as problems of the key at `path`, or below it where it names keys itself. */
export function toProblems(thrown: unknown, path: Path): readonly OptionProblem[] {
  const error = toLongshoreError(thrown);
  return error instanceof OptionsError
    ? below(path, error.problems)
    : [{ path, message: error.message, hint: error.hint }];
}

/** Problems of a part as those of the whole. */
export function below(path: Path, problems: readonly OptionProblem[]): readonly OptionProblem[] {
  return problems.map((problem) => ({ ...problem, path: [...path, ...problem.path] }));
}
