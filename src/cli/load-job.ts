import { addAbortSignal } from "node:stream";
import { type AgentOptions as DriverOptions, parseAgentOptions } from "../driver/index.ts";
import { type JobSource, type ReadJob, readAgentConfig, readJobFile } from "../jobfile/index.ts";
import { LongshoreError } from "../task/index.ts";
import { parseAssignments } from "./assignments.ts";
import type { CommandInput, CommandIo } from "./command-io.ts";

/** What stdin is called in messages. */
const stdinName = "<stdin>";
/** More than the reader of job files takes: it tells what is wrong. */
const mostBytes = 6 * 1024 * 1024;

/** Reads the job file that a command names, or stdin for `-`, with the variables it was given. */
export async function loadJob(input: CommandInput, io: CommandIo, signal?: AbortSignal): Promise<ReadJob> {
  const [file = ""] = input.words;
  const source = await toSource(file, signal);
  return readJobFile(source, {
    vars: input.texts("var"),
    varFiles: input.texts("var-file"),
    env: io.env,
    signal,
  });
}

/** The driver's options from `-config` and `-option`. Rejects with `invalid` for what does not hold. */
export async function loadDriverOptions(input: CommandInput): Promise<DriverOptions> {
  const file = input.text("config");
  const config = file === undefined ? undefined : await readAgentConfig({ file });
  const options = parseAssignments("option", input.texts("option"));
  return parseAgentOptions(config?.plugin, { ...config?.clientOptions, ...options });
}

/** A file, or all of stdin as text for `-`. */
export async function toSource(file: string, signal?: AbortSignal): Promise<JobSource> {
  return file === "-" ? { name: stdinName, text: await readStdin(signal) } : { file };
}

async function readStdin(signal: AbortSignal | undefined): Promise<string> {
  const { stdin } = process;
  if (signal !== undefined) addAbortSignal(signal, stdin);
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stdin) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > mostBytes) break;
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
  } catch (cause) {
    throw new LongshoreError("invalid", `${stdinName} is no text in UTF-8`, {
      cause,
      hint: "Pipe a job file into it.",
    });
  }
}
