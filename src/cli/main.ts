#!/usr/bin/env node
import { isStartedByHost } from "../plugin/started-by-host.ts";
import { toVersionText } from "./version-text.ts";

const versionWords: ReadonlySet<string> = new Set(["version", "--version", "-version"]);
const jsonWords: ReadonlySet<string> = new Set(["--json", "-json"]);

/** `version` alone must not wait for the rest of the command to load. */
function versionAlone(args: readonly string[]): string | undefined {
  const [first = "", ...rest] = args;
  if (!versionWords.has(first) || !rest.every((arg) => jsonWords.has(arg))) return undefined;
  return toVersionText(rest.length > 0);
}

/** An agent that starts the plugin in this form waits for it, and reads all that it prints. */
function isPluginAlone(args: readonly string[]): boolean {
  return args.length === 1 && args[0] === "plugin" && isStartedByHost(process.env);
}

async function main(args: readonly string[]): Promise<void> {
  const text = versionAlone(args);
  if (text !== undefined) process.stdout.write(text);
  else if (isPluginAlone(args)) process.exit(await (await import("../plugin/run-plugin.ts")).runPlugin(""));
  else await (await import("./load-command-line.ts")).runLoaded(args);
}

void main(process.argv.slice(2));
