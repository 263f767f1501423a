import { LongshoreError } from "../../task/index.ts";

/** Makes the error that says what is wrong with a source. */
export type Fail = (why: string, hint?: string) => LongshoreError;

/** Errors are `invalid` and name the source. */
export function createFail(source: string): Fail {
  return (why, hint) =>
    new LongshoreError("invalid", `artifact "${describeSource(source)}": ${why}`, { hint });
}

/** A source for messages: without the login or key it may hold. */
export function describeSource(source: string): string {
  return source.replace(/\/\/[^/@]*@/, "//").replace(/([?&]sshkey=)[^&]*/, "$1...");
}

/** Throws what `fail` makes for an option that is not among the known ones. */
export function refuseUnknown(
  options: Readonly<Record<string, string>>,
  known: ReadonlySet<string>,
  fail: Fail,
): void {
  const unknown = Object.keys(options).find((name) => !known.has(name));
  if (unknown !== undefined)
    throw fail(`option "${unknown}" is not known`, `Known: ${[...known].join(", ")}.`);
}
