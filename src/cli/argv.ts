import type { CommandSpec, FlagSpec } from "./command-table.ts";

/**
 * Rewrites Nomad's way of writing flags (`-var x=1`, `-json`, `-check=false`) to the double-dash form. Words
 * after `--`, values of flags and everything that is no known flag stay as they are.
 */
export function normaliseArgv(args: readonly string[], commands: readonly CommandSpec[]): readonly string[] {
  const command = commands.find((spec) => args.includes(spec.name) && args.find(isWord) === spec.name);
  const flags = new Map((command?.flags ?? []).map((flag) => [flag.name, flag]));
  const result: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? "";
    if (arg === "--") return [...result, ...args.slice(index)];
    const match = /^--?([a-z][a-z-]*)(?:=(.*))?$/s.exec(arg);
    const name = match?.[1] ?? "";
    const flag = flags.get(name);
    if (name === "help" || name === "version") result.push(`--${name}`);
    // Two dashes, so that the parser can say which flag may be meant.
    else if (flag === undefined)
      result.push(match !== null && name.length > 1 ? `--${arg.replace(/^-+/, "")}` : arg);
    else {
      result.push(...toLongFlag(flag, match?.[2]));
      if (takesNext(flag, match?.[2]) && index + 1 < args.length) result.push(args[++index] ?? "");
    }
  }
  return result;
}

function isWord(arg: string): boolean {
  return !arg.startsWith("-");
}

function takesNext(flag: FlagSpec, value: string | undefined): boolean {
  return flag.value !== undefined && value === undefined;
}

function toLongFlag(flag: FlagSpec, value: string | undefined): readonly string[] {
  const long = `--${flag.name}`;
  if (value === undefined) return [long];
  if (flag.value !== undefined) return [`${long}=${value}`];
  // Go's flags take a boolean's value behind `=`.
  if (["true", "1", "t", "T", "TRUE"].includes(value)) return [long];
  if (["false", "0", "f", "F", "FALSE"].includes(value)) return [];
  return [`${long}=${value}`];
}
