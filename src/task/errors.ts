/** What went wrong, as a closed set that programs can switch on. */
export type ErrorKind =
  | "invalid"
  | "not-found"
  | "conflict"
  | "unauthorized"
  | "unavailable"
  | "timeout"
  | "canceled"
  | "internal";

/** What an error may carry besides its kind and message. */
export interface ErrorDetails {
  /** What the reader can do about it, as a sentence. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
  /** Overrides what the kind alone would say about trying again. */
  readonly retryable?: boolean | undefined;
}

const retryableKinds: ReadonlySet<ErrorKind> = new Set(["unavailable", "timeout", "conflict", "internal"]);

/**
 * The one error class of Longshore. The message says what failed, which thing, and why;
 * `hint` says what to try.
 */
export class LongshoreError extends Error {
  override readonly name: string = "LongshoreError";
  readonly kind: ErrorKind;
  readonly hint: string | undefined;
  /** Whether the same call may succeed later without anyone changing anything. */
  readonly retryable: boolean;

  constructor(kind: ErrorKind, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.kind = kind;
    this.hint = details.hint;
    this.retryable = details.retryable ?? retryableKinds.has(kind);
  }
}

/** True for a {@link LongshoreError}, and of the given kind when one is named. */
export function isLongshoreError(error: unknown, kind?: ErrorKind): error is LongshoreError {
  return error instanceof LongshoreError && (kind === undefined || error.kind === kind);
}

/** One fault found while checking a block of options; `path` leads to the key, outermost first. */
export interface OptionProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly hint?: string | undefined;
  /** Set where the key itself is the fault, not what it was given. */
  readonly about?: "key" | undefined;
}

/** Options that do not hold, all of their faults at once. */
export class OptionsError extends LongshoreError {
  override readonly name: string = "OptionsError";
  readonly problems: readonly OptionProblem[];

  constructor(
    subject: string,
    problems: readonly OptionProblem[],
    { cause }: Pick<ErrorDetails, "cause"> = {},
  ) {
    const lines = problems.map((problem) => `${problem.path.join(".")}: ${problem.message}`);
    super("invalid", `${subject}: ${lines.join("; ")}`, {
      hint: problems.map((problem) => problem.hint).find((hint) => hint !== undefined),
      cause,
    });
    this.problems = problems;
  }
}
