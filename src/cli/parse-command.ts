import { Argument, Command as Commander, CommanderError, Option } from "commander";
import { version } from "../task/version.ts";
import type { CommandInput } from "./command-io.ts";
import { type CommandSpec, commandTable, type FlagSpec } from "./command-table.ts";
import { exitCodes } from "./exit-code.ts";
import { UsageError } from "./usage-error.ts";

export interface ParsedCommand {
  readonly command: string;
  readonly input: CommandInput;
}

const closing = `
Exit codes of run: the failing task's own, else 0; 1 the job could not run;
2 bad file or usage; 130 after Ctrl-C.

Environment: DOCKER_HOST, LONGSHORE_DATA_DIR, LONGSHORE_ADDRESS,
NOMAD_VAR_<name>, NO_COLOR, FORCE_COLOR.

"longshore help <command>" shows a command's flags and examples.
`;

/**
 * Reads a command line (flags in double-dash form). Answers the command, or an exit code when help was all
 * that was asked for. Throws a UsageError for what it does not understand.
 */
export async function parseCommand(words: readonly string[]): Promise<ParsedCommand | number> {
  let parsed: ParsedCommand | undefined;
  const program = createProgram(words, (command) => {
    parsed = command;
  });
  if (words.length === 0) {
    process.stderr.write(program.helpInformation());
    return exitCodes.usage;
  }
  const [first, topic] = words;
  if (first === "help" && topic !== undefined && !isCommand(topic))
    throw new UsageError(`no help for "${topic}"`, `Commands are ${commandNames().join(", ")}.`);
  try {
    await program.parseAsync([...words], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return exitCodes.ok;
    throw toUsageError(error, words);
  }
  return parsed ?? exitCodes.ok;
}

function commandNames(): readonly string[] {
  return [...commandTable.map((spec) => spec.name), "help"];
}

function isCommand(word: string): boolean {
  return commandNames().includes(word) || word.startsWith("-");
}

function createProgram(words: readonly string[], accept: (parsed: ParsedCommand) => void): Commander {
  const program = new Commander("longshore")
    .description("Runs the Docker tasks of a Nomad job file on this machine.")
    .version(`${version}`, "--version", "show the version")
    .helpOption("-h, --help", "show help")
    .helpCommand("help [command]", "show help for a command")
    .addHelpText("after", closing)
    .exitOverride()
    .configureOutput({ outputError: () => undefined });
  // Beside a command that is named first nobody asks for the others, and their flags take a while.
  const named = commandTable.filter(({ name }) => name === words[0]);
  for (const spec of named.length > 0 ? named : commandTable) addCommand(program, spec, accept);
  return program;
}

function addCommand(program: Commander, spec: CommandSpec, accept: (parsed: ParsedCommand) => void): void {
  const command = program
    .command(spec.name)
    .summary(spec.summary)
    .description(spec.details ?? `${spec.summary.charAt(0).toUpperCase()}${spec.summary.slice(1)}.`)
    .helpOption("-h, --help", "show this help")
    .addHelpText("after", `\nExamples:\n${toExamples(spec)}`)
    .exitOverride()
    .configureOutput({ outputError: () => undefined });
  for (const flag of spec.flags) command.addOption(toOption(flag));
  if (spec.args !== undefined) {
    const argument = new Argument(spec.args.many === true ? "<files...>" : `<${spec.args.name}>`);
    if (spec.args.choices !== undefined) argument.choices([...spec.args.choices]);
    command.addArgument(argument);
  }
  command.action(() =>
    accept({ command: spec.name, input: toInput(command.processedArgs, command.opts(), spec) }),
  );
}

function toOption(flag: FlagSpec): Option {
  const short = flag.short === undefined ? "" : `-${flag.short}, `;
  const value = flag.value === undefined ? "" : ` <${flag.value}>`;
  const many = flag.many === true ? ", repeatable" : "";
  const option = new Option(`${short}--${flag.name}${value}`, `${flag.summary}${many}`);
  if (flag.many === true)
    option.argParser((text: string, before: readonly string[] | undefined) => [...(before ?? []), text]);
  return option;
}

function toInput(
  processed: readonly unknown[],
  values: Readonly<Record<string, unknown>>,
  spec: CommandSpec,
): CommandInput {
  const valueFor = (name: string): unknown => {
    const flag = spec.flags.find((candidate) => candidate.name === name);
    return flag === undefined ? undefined : values[toOption(flag).attributeName()];
  };
  return {
    words: processed.flat().filter((word): word is string => typeof word === "string"),
    text: (name) => {
      const value = valueFor(name);
      return typeof value === "string" ? value : undefined;
    },
    texts: (name) => {
      const value = valueFor(name);
      return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
    },
    // Commander keeps `--no-x` as x, which is true unless the flag is there.
    on: (name) => valueFor(name) === !name.startsWith("no-"),
  };
}

function toExamples(spec: CommandSpec): string {
  return spec.examples.map(({ command, does }) => `  ${command}\n      ${does}\n`).join("");
}

function toUsageError(error: CommanderError, words: readonly string[]): UsageError {
  const [first = "", ...rest] = error.message.replace(/^error: /, "").split("\n");
  const guess = rest.join(" ").replace(/^\(|\)$/g, "");
  const name = commandTable.find((spec) => spec.name === words[0])?.name;
  const help = name === undefined ? "longshore help" : `longshore help ${name}`;
  return new UsageError(first, guess === "" ? `See "${help}".` : `${guess} See "${help}".`);
}
