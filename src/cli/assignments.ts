import { UsageError } from "./usage-error.ts";

/** `name=value` flags as a record; the last of a name wins. Throws a UsageError for one without `=`. */
export function parseAssignments(flag: string, texts: readonly string[]): Readonly<Record<string, string>> {
  const pairs = texts.map((text): [string, string] => {
    const at = text.indexOf("=");
    const name = text.slice(0, at).trim();
    if (at < 1 || name === "")
      throw new UsageError(`-${flag} ${text}: is not name=value`, `Write it as -${flag} name=value.`);
    return [name, text.slice(at + 1)];
  });
  return Object.fromEntries(pairs);
}
