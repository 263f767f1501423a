#!/usr/bin/env node
import { toVersionText } from "./version-text.ts";

const versionWords: ReadonlySet<string> = new Set(["version", "--version", "-version"]);
const jsonWords: ReadonlySet<string> = new Set(["--json", "-json"]);

/** `version` alone must not wait for the rest of the command to load. */
function versionAlone(args: readonly string[]): string | undefined {
  const [first = "", ...rest] = args;
  if (!versionWords.has(first) || !rest.every((arg) => jsonWords.has(arg))) return undefined;
  return toVersionText(rest.length > 0);
}

const args = process.argv.slice(2);
const text = versionAlone(args);
if (text !== undefined) process.stdout.write(text);
else await (await import("./command-line.ts")).runCommandLine(args);
