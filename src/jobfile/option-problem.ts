import type { OptionProblem } from "../task/index.ts";
import type { Diagnostic } from "./job.ts";

/** A fault of a key, worded as the other faults of a job file are. */
export function describeProblem({
  path,
  message,
  hint,
}: OptionProblem): Pick<Diagnostic, "summary" | "detail"> {
  const key = path.findLast((part) => typeof part === "string") ?? "job";
  const sentence = `"${key}": ${message}`.replace(/([^.?!])$/, "$1.");
  return { summary: `Invalid ${key}`, detail: hint === undefined ? sentence : `${sentence} ${hint}` };
}
