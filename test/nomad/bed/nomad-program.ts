import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";
import { findTool } from "../../../scripts/tools.mjs";

const execute = promisify(execFile);

/** The `nomad` of `NOMAD_BIN` or the PATH; undefined when there is none, and then what needs it is skipped. */
export async function findNomad(): Promise<string | undefined> {
  return process.env.NOMAD_BIN ?? (await findTool("nomad"));
}

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. Rejects only when it could not be started. */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: { readonly env?: NodeJS.ProcessEnv; readonly input?: string; readonly signal?: AbortSignal } = {},
): Promise<CommandResult> {
  const { input, ...rest } = options;
  const running = execute(program, [...args], { ...rest, maxBuffer: 256 * 1024 * 1024 });
  running.child.stdin?.end(input ?? "");
  try {
    return { code: 0, ...(await running) };
  } catch (error) {
    const { code, stdout, stderr } = error as Partial<CommandResult>;
    if (typeof code !== "number" || stdout === undefined || stderr === undefined) throw error;
    return { code, stdout, stderr };
  }
}

/** Runs a program until its output satisfies the predicate, and ends it then; rejects when it ends before. */
export async function readUntil(
  program: string,
  args: readonly string[],
  options: {
    readonly env: NodeJS.ProcessEnv;
    readonly signal: AbortSignal;
    readonly isEnough: (output: string) => boolean;
  },
): Promise<string> {
  const { isEnough, ...rest } = options;
  const child = spawn(program, [...args], { ...rest, stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(child, "close").catch(() => undefined);
  let output = "";
  for await (const chunk of child.stdout.setEncoding("utf8")) {
    output += chunk;
    if (!isEnough(output)) continue;
    child.kill("SIGKILL");
    await ended;
    return output;
  }
  throw new Error(`${program} ${args.join(" ")} ended before what was waited for:\n${output.slice(-2000)}`);
}
