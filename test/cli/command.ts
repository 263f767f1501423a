import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bed, callEngineOk } from "../bed/index.ts";

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Text for stdin; it is empty when missing. */
  readonly stdin?: string | Uint8Array;
  /** Run in a terminal of so many columns. stdout and stderr are one then. */
  readonly columns?: number;
}

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command while it runs. Disposing kills it, if it still does, and waits for its end. */
export interface RunningCommand extends AsyncDisposable {
  readonly child: ChildProcessWithoutNullStreams;
  readonly result: Promise<CommandResult>;
  /** Resolves when stdout holds the text; rejects when the command ends without it. */
  saw(text: string): Promise<void>;
}

/** Starts `longshore` with a data folder of its own on the bed's engine. */
export async function startCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<RunningCommand> {
  const dataDir = await mkdtemp(join(bed().folder, "data-"));
  const { NO_COLOR: _no, FORCE_COLOR: _force, ...inherited } = process.env;
  const env = {
    ...inherited,
    DOCKER_HOST: `unix://${bed().socket}`,
    LONGSHORE_DATA_DIR: dataDir,
    LONGSHORE_ADDRESS: "127.0.0.1",
    TERM: "xterm",
    ...options.env,
  };
  const [file, words] = inTerminal([process.execPath, program, ...args], options.columns);
  const child = spawn(file, words, { env, cwd: options.cwd, stdio: "pipe" });
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.stdin ?? "");
  return follow(child);
}

/** Runs `longshore` to its end. */
export async function runCommand(
  program: string,
  args: readonly string[],
  options?: CommandOptions,
): Promise<CommandResult> {
  return (await startCommand(program, args, options)).result;
}

function inTerminal(words: readonly string[], columns: number | undefined): [string, readonly string[]] {
  const [first = "", ...rest] = words;
  if (columns === undefined) return [first, rest];
  const quoted = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  return ["script", ["-qefc", `stty cols ${columns} rows 24; exec ${quoted}`, "/dev/null"]];
}

function follow(child: ChildProcessWithoutNullStreams): RunningCommand {
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  const textOf = (chunks: readonly Buffer[]): string => Buffer.concat(chunks).toString("utf8");
  child.stdout.on("data", (chunk: Buffer) => void out.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => void err.push(chunk));
  const result = once(child, "close").then(([code]) => ({
    code: typeof code === "number" ? code : null,
    stdout: textOf(out),
    stderr: textOf(err),
  }));
  return {
    child,
    result,
    async saw(text) {
      while (!textOf(out).includes(text)) {
        const ended = await Promise.race([
          once(child.stdout, "data").then(() => undefined),
          result.then((end) => end),
        ]);
        if (ended !== undefined && !textOf(out).includes(text))
          throw new Error(`ended with ${ended.code} without "${text}":\n${ended.stdout}\n${ended.stderr}`);
      }
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await result;
    },
  };
}

/** A job file with one task that runs a shell script on the bed's image. */
export function shellJob(script: string, extra = ""): string {
  return `job "shell" {
  type = "batch"
  group "g" {
    restart {
      attempts = 0
      mode     = "fail"
    }
    task "sh" {
      driver = "docker"
      config {
        image   = "${bed().image}"
        command = "sh"
        args    = ["-c", ${JSON.stringify(script).replaceAll("${", "$${")}]
      }
      resources {
        cpu    = 20
        memory = 16
      }
      ${extra}
    }
  }
}
`;
}

/** Writes a file into a folder of its own; answers its path. */
export async function writeJob(text: string | Uint8Array, name = "job.nomad.hcl"): Promise<string> {
  const file = join(await mkdtemp(join(bed().folder, "job-")), name);
  await writeFile(file, text);
  return file;
}

/** Names of containers, running or not, of an allocation. */
export async function containersOf(allocId: string): Promise<readonly string[]> {
  const filters = JSON.stringify({ label: [`com.hashicorp.nomad.alloc_id=${allocId}`] });
  const query = new URLSearchParams({ all: "true", filters });
  const found = (await callEngineOk(bed().socket, "GET", `/containers/json?${query}`)) as {
    readonly Names: readonly string[];
  }[];
  return found.flatMap(({ Names }) => Names);
}

export type JsonEvent = Readonly<Record<string, unknown>> & { readonly type: string };

/** The events in the output of `run --json`. */
export function parseEvents(stdout: string): readonly JsonEvent[] {
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

/** The allocation that the events are about. */
export function allocIdOf(events: readonly JsonEvent[]): string {
  return String(events.find((event) => event.type === "alloc-state")?.allocId);
}
