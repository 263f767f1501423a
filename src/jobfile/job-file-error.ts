import { LongshoreError } from "../task/index.ts";
import type { Diagnostic } from "./job.ts";

/** A job file that cannot be used, with all of its faults. `formatDiagnostic` makes each one readable. */
export class JobFileError extends LongshoreError {
  override readonly name: string = "JobFileError";
  readonly diagnostics: readonly Diagnostic[];

  constructor(file: string, diagnostics: readonly Diagnostic[], cause?: unknown) {
    const [first] = diagnostics;
    const more = diagnostics.length > 1 ? ` (and ${diagnostics.length - 1} more)` : "";
    const where =
      first?.range === undefined ? file : `${first.range.file}:${first.range.line}:${first.range.column}`;
    super("invalid", `${where}: ${first?.summary ?? "cannot be used"}: ${first?.detail ?? ""}${more}`, {
      cause,
    });
    this.diagnostics = diagnostics;
  }
}

/** A fault of a file as a whole, that has no place in it. */
export function wholeFileError(file: string, summary: string, detail: string, cause?: unknown): JobFileError {
  const fault = {
    severity: "error",
    summary,
    detail,
    file,
    range: undefined,
    sourceLine: undefined,
  } as const;
  return new JobFileError(file, [fault], cause);
}
