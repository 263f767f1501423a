/** A flag of a command. */
export interface FlagSpec {
  /** Without dashes. */
  readonly name: string;
  readonly short?: string;
  /** What stands for its value in the help; a flag without is on or off. */
  readonly value?: string;
  /** May be given several times. */
  readonly many?: boolean;
  /** Completed with file names. */
  readonly file?: boolean;
  readonly summary: string;
}

export interface ExampleSpec {
  readonly command: string;
  readonly does: string;
}

/** A subcommand; help, completion and the reading of flags all come from this. */
export interface CommandSpec {
  readonly name: string;
  /** What follows the flags: `file`, `files...`, or words to choose from. */
  readonly args?: { readonly name: string; readonly many?: boolean; readonly choices?: readonly string[] };
  readonly summary: string;
  readonly details?: string;
  readonly flags: readonly FlagSpec[];
  readonly examples: readonly ExampleSpec[];
}

const json = (what: string): FlagSpec => ({ name: "json", summary: what });
const noColor: FlagSpec = { name: "no-color", summary: "no colours (NO_COLOR=1 does the same)" };
const endpoint: FlagSpec = {
  name: "docker-endpoint",
  short: "H",
  value: "url",
  summary: "where the Docker engine is, such as unix:///var/run/docker.sock or tcp://host:2376",
};
const variableFlags: readonly FlagSpec[] = [
  { name: "var", value: "name=value", many: true, summary: "value of a variable of the job file" },
  { name: "var-file", value: "file", many: true, file: true, summary: "file with values of variables" },
];
const driverFlags: readonly FlagSpec[] = [
  {
    name: "config",
    value: "file",
    file: true,
    summary: 'agent configuration with a plugin "docker" block',
  },
  {
    name: "option",
    value: "name=value",
    many: true,
    summary: "old client option, such as docker.cleanup.image=false",
  },
];
const dataDir: FlagSpec = {
  name: "data-dir",
  value: "folder",
  file: true,
  summary: "where allocations and state are kept (LONGSHORE_DATA_DIR)",
};

const address: FlagSpec = {
  name: "address",
  value: "ip",
  summary: "address of this machine that ports are bound on, such as 127.0.0.1 (LONGSHORE_ADDRESS)",
};

/** Every subcommand of `longshore` but `help`. */
export const commandTable: readonly CommandSpec[] = [
  {
    name: "run",
    args: { name: "file" },
    summary: "run a job in the foreground",
    details:
      "Runs the job's tasks as Docker containers, shows what happens, and leaves nothing behind. " +
      "Task output goes to stdout, everything else to stderr. " +
      "Ctrl-C stops the tasks gracefully, a second one kills them.\n\n" +
      "Ends with the failing task's own exit code, else 0; 1: the job could not run; 2: bad file or usage.",
    flags: [
      ...variableFlags,
      ...driverFlags,
      endpoint,
      dataDir,
      address,
      { name: "no-prefix", summary: "no task names before output lines" },
      json("one event a line on stdout, see docs/events.md"),
      noColor,
    ],
    examples: [
      { command: "longshore run web.nomad.hcl", does: "run a job until it ends or Ctrl-C" },
      { command: "longshore run -var version=1.2 web.nomad.hcl", does: "set a variable of the file" },
      { command: "longshore run batch.nomad.hcl > result.txt", does: "keep the tasks' output" },
      { command: "generate-job | longshore run -", does: "read the job file from stdin" },
    ],
  },
  {
    name: "plan",
    args: { name: "file" },
    summary: "show what a job would create, without an engine",
    details: "Shows images, ports, mounts and limits of every task. Touches nothing and needs no engine.",
    flags: [
      ...variableFlags,
      ...driverFlags,
      dataDir,
      address,
      json("the container create requests as JSON"),
      noColor,
    ],
    examples: [
      { command: "longshore plan web.nomad.hcl", does: "look before you run" },
      { command: "longshore plan --json web.nomad.hcl", does: "the create requests, for a program" },
    ],
  },
  {
    name: "validate",
    args: { name: "file" },
    summary: "check a job file, driver configuration included",
    details:
      "Tells all errors at once, each with file, line and column. Needs no engine. Ends with 2 on errors.",
    flags: [...variableFlags, ...driverFlags, json("the result as one JSON object"), noColor],
    examples: [
      { command: "longshore validate web.nomad.hcl", does: "check one file" },
      { command: "longshore validate -json web.nomad.hcl", does: "errors and their places, for an editor" },
    ],
  },
  {
    name: "fmt",
    args: { name: "files", many: true },
    summary: "format job files",
    details:
      "Rewrites files in HashiCorp's canonical format and lists those it changed. `-` reads stdin and writes stdout.",
    flags: [
      { name: "check", summary: "change nothing; list files that are not formatted and end with 1" },
      noColor,
    ],
    examples: [
      { command: "longshore fmt web.nomad.hcl", does: "format a file in place" },
      { command: "longshore fmt -check *.nomad.hcl", does: "for a hook or CI" },
      { command: "longshore fmt - < web.nomad.hcl", does: "format from an editor" },
    ],
  },
  {
    name: "fingerprint",
    summary: "show the engine that would be used, and why",
    flags: [...driverFlags, endpoint, json("the result as one JSON object"), noColor],
    examples: [
      { command: "longshore fingerprint", does: "which engine, which version" },
      { command: "longshore fingerprint -H tcp://127.0.0.1:2375", does: "ask a certain engine" },
    ],
  },
  {
    name: "plugin",
    summary: "the docker driver as a plugin of Nomad agents",
    details:
      "A Nomad agent runs the driver as a plugin: one file in its plugin_dir, which takes the place of its own " +
      "docker driver. --install puts the file there, and tells what the agent's configuration still needs.",
    flags: [
      { name: "install", value: "folder", file: true, summary: "put the plugin into an agent's plugin_dir" },
      {
        name: "config",
        value: "path",
        file: true,
        many: true,
        summary: "the agent's configuration, a file or a folder, to be checked before",
      },
      noColor,
    ],
    examples: [
      { command: "longshore plugin", does: "what the plugin is and how an agent is told of it" },
      {
        command: "sudo longshore plugin --install /opt/nomad/plugins --config /etc/nomad.d",
        does: "install it on this client",
      },
    ],
  },
  {
    name: "version",
    summary: "show the version",
    flags: [json("version, Node.js and platform as JSON")],
    examples: [{ command: "longshore version", does: "the version alone, as in 0.1.0" }],
  },
  {
    name: "completion",
    args: { name: "shell", choices: ["bash", "zsh", "fish"] },
    summary: "print a shell completion script",
    flags: [],
    examples: [
      { command: 'eval "$(longshore completion bash)"', does: "in ~/.bashrc" },
      { command: 'eval "$(longshore completion zsh)"', does: "in ~/.zshrc, after compinit" },
      { command: "longshore completion fish | source", does: "in ~/.config/fish/config.fish" },
    ],
  },
];
