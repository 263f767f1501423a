import type { Command } from "./command-io.ts";
import { type CommandSpec, commandTable, type FlagSpec } from "./command-table.ts";
import { exitCodes } from "./exit-code.ts";
import { UsageError } from "./usage-error.ts";

/** `longshore completion bash|zsh|fish`: prints a script for the shell. */
export const completion: Command = async (input, io) => {
  const [shell = ""] = input.words;
  const script = { bash: toBash, zsh: toZsh, fish: toFish }[shell];
  if (script === undefined)
    throw new UsageError(`no completion for the shell "${shell}"`, "There is one for bash, zsh and fish.");
  io.screen.output(script(commandTable));
  return exitCodes.ok;
};

const flagWords = (spec: CommandSpec): string => spec.flags.map((flag) => `--${flag.name}`).join(" ");
const commandWords = (commands: readonly CommandSpec[]): string =>
  [...commands.map((spec) => spec.name), "help"].join(" ");

/** The script for Bash, from the table of commands. */
export function toBash(commands: readonly CommandSpec[]): string {
  const cases = commands.map((spec) => {
    const words = [flagWords(spec), ...(spec.args?.choices ?? [])].join(" ").trim();
    return `    ${spec.name}) words="${words} --help" ;;`;
  });
  return `# bash completion for longshore
_longshore() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words=""
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${commandWords(commands)} --help --version" -- "$current"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
    help) words="${commandWords(commands)}" ;;
  esac
  case "$current" in
    -[!-]*) COMPREPLY=($(compgen -W "\${words//--/-}" -- "$current")) ;;
    -*) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
    *)
      case "\${COMP_WORDS[1]}" in
        ${commands
          .filter((spec) => spec.args?.choices !== undefined)
          .map((spec) => spec.name)
          .join("|")}|help) COMPREPLY=($(compgen -W "$words" -- "$current")) ;;
        *) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$current")) ;;
      esac
      ;;
  esac
}
complete -F _longshore longshore
`;
}

/** The script for Zsh, from the table of commands. */
export function toZsh(commands: readonly CommandSpec[]): string {
  const names = commands.map((spec) => `    '${spec.name}:${zshQuote(spec.summary)}'`);
  const cases = commands.map((spec) => {
    const specs = [...spec.flags.map(toZshFlag), ...toZshArgs(spec)].map((line) => ` \\\n        ${line}`);
    return `      ${spec.name}) _arguments${specs.join("")} ;;`;
  });
  return `#compdef longshore
_longshore() {
  local -a commands
  commands=(
${names.join("\n")}
    'help:show help for a command'
  )
  if (( CURRENT == 2 )); then
    _describe command commands
  else
    local command="$words[2]"
    local dash=--
    [[ $PREFIX == -[^-]* || $PREFIX != -* && $words[CURRENT-1] == -[^-]* ]] && dash=-
    shift words
    (( CURRENT-- ))
    case "$command" in
${cases.join("\n")}
      help) _describe command commands ;;
    esac
  fi
}
compdef _longshore longshore
`;
}

function toZshFlag(flag: FlagSpec): string {
  const many = flag.many === true ? "*" : "";
  const value =
    flag.value === undefined ? "" : `:${zshQuote(flag.value)}:${flag.file === true ? "_files" : ""}`;
  return `'${many}'$dash'${flag.name}[${zshQuote(flag.summary)}]${value}'`;
}

function toZshArgs(spec: CommandSpec): readonly string[] {
  if (spec.args === undefined) return [];
  if (spec.args.choices !== undefined) return [`'1:${spec.args.name}:(${spec.args.choices.join(" ")})'`];
  return [`'${spec.args.many === true ? "*" : "1"}:${spec.args.name}:_files'`];
}

function zshQuote(text: string): string {
  return text.replaceAll("'", "'\\''").replaceAll(/[[\]:]/g, "\\$&");
}

/** The script for Fish, from the table of commands. */
export function toFish(commands: readonly CommandSpec[]): string {
  const lines = [
    "# fish completion for longshore",
    "function __longshore_one_dash",
    "    string match -qr -- '^-[^-]' (commandline -ct)",
    "end",
    "complete -c longshore -f",
    ...commands.map(
      (spec) => `complete -c longshore -n __fish_use_subcommand -a ${spec.name} ${about(spec)}`,
    ),
    "complete -c longshore -n __fish_use_subcommand -a help -d 'show help for a command'",
    `complete -c longshore -n '__fish_seen_subcommand_from help' -a '${commandWords(commands)}'`,
  ];
  for (const spec of commands) {
    const seen = `__fish_seen_subcommand_from ${spec.name}`;
    const head = `complete -c longshore -n '${seen}'`;
    const oneDash = `complete -c longshore -n '${seen}; and __longshore_one_dash'`;
    if (spec.args?.choices !== undefined) lines.push(`${head} -a '${spec.args.choices.join(" ")}'`);
    else if (spec.args !== undefined) lines.push(`${head} -F`);
    for (const flag of spec.flags) {
      const short = flag.short === undefined ? "" : `-s ${flag.short} `;
      lines.push(`${head} ${short}-l ${toFishFlag(flag)}`, `${oneDash} -o ${toFishFlag(flag)}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

function toFishFlag(flag: FlagSpec): string {
  const value = flag.value === undefined ? "" : flag.file === true ? "-r -F " : "-x ";
  return `${flag.name} ${value}${about(flag)}`;
}

function about(spec: { readonly summary: string }): string {
  return `-d '${spec.summary.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
