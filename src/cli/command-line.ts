import type { ComingProgram } from "../jobfile/compile-ahead.ts";
import { prepareReading } from "../jobfile/index.ts";
import { normaliseArgv } from "./argv.ts";
import { type Command, type CommandIo, createCommandIo } from "./command-io.ts";
import { commandTable } from "./command-table.ts";
import { exitCodes } from "./exit-code.ts";
import { flushed, OutputWatch } from "./output-watch.ts";
import { parseCommand } from "./parse-command.ts";
import { reportError } from "./report-error.ts";

const loaders: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import("./run.ts")).run,
  plan: async () => (await import("./plan.ts")).plan,
  validate: async () => (await import("./validate.ts")).validate,
  fmt: async () => (await import("./fmt.ts")).fmt,
  fingerprint: async () => (await import("./fingerprint.ts")).fingerprint,
  plugin: async () => (await import("./plugin.ts")).plugin,
  version: async () => (await import("./version.ts")).version,
  completion: async () => (await import("./completion.ts")).completion,
};

/**
 * Runs the command that the arguments name, and ends the process with its exit code. `coming` has been begun to load for
 * a command that reads a job file.
 */
export async function runCommandLine(args: readonly string[], coming?: ComingProgram): Promise<never> {
  if (coming !== undefined) prepareReading(coming);
  const { stdout, stderr } = process;
  const output = new OutputWatch(stdout, stderr);
  const words = normaliseArgv(args, commandTable);
  const flags = words.slice(0, words.includes("--") ? words.indexOf("--") : undefined);
  const io = createCommandIo({ output, noColor: flags.includes("--no-color") });
  const json = flags.includes("--json");
  process.on("uncaughtException", (error) => process.exit(reportError(error, { io, json })));
  const code = await runWords(words, io).catch((error: unknown) => reportError(error, { io, json }));
  await Promise.all([flushed(stdout), flushed(stderr)]);
  // Node aborts when it cannot set a terminal back that is gone; the signal itself ends it with the same code.
  const isTerminal = stdout.isTTY || stderr.isTTY || process.stdin.isTTY;
  if (code === exitCodes.hangup && isTerminal) process.kill(process.pid, "SIGHUP");
  process.exit(code);
}

async function runWords(words: readonly string[], io: CommandIo): Promise<number> {
  const parsed = await parseCommand(words);
  if (typeof parsed === "number") return parsed;
  const load = loaders[parsed.command];
  if (load === undefined) throw new Error(`no code for the command ${parsed.command}`);
  const command = await load();
  return command(parsed.input, io);
}
