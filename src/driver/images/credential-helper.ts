import type { ChildProcessByStdio } from "node:child_process";
import { spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import type { RegistryAuth } from "../../engine/index.ts";
import { type CallOptions, errorCode, LongshoreError, toCanceled } from "../../task/index.ts";
import { toRegistryAuth } from "./login.ts";

export interface HelperQuestion extends CallOptions {
  /** `x` for the program `docker-credential-x`. */
  readonly helper: string;
  /** What the helper keeps the login under: a registry's host, or an address. */
  readonly server: string;
  readonly timeoutMs: number;
}

/** What the programs of the docker-credential-helpers project say when they keep nothing for a server. */
const notFound = /credentials not found/i;
const maxOutputBytes = 1024 * 1024;

/**
 * Asks `docker-credential-<helper> get` for a login. Undefined when the helper keeps none. Rejects with `invalid`
 * when the program is missing or fails (with its own words), `timeout` or `canceled`; never with a secret.
 */
export async function askCredentialHelper(question: HelperQuestion): Promise<RegistryAuth | undefined> {
  const program = `docker-credential-${question.helper}`;
  if (!/^[\w.-]+$/.test(question.helper)) {
    throw new LongshoreError("invalid", `"${question.helper}" is not the name of a credential helper`, {
      hint: "Name only what follows docker-credential-, such as `pass`.",
    });
  }
  const { code, stdout, stderr } = await run(program, question);
  if (code === 0) return toAuth(program, question.server, stdout);
  const words = stderr.trim() || (stdout.trimStart().startsWith("{") ? "" : stdout.trim());
  if (notFound.test(words)) return undefined;
  const told = words === "" ? `it ended with ${code}` : words.slice(0, 500);
  throw new LongshoreError("invalid", `${program} has no login for "${question.server}": ${told}`, {
    hint: `Try it by hand: echo ${question.server} | ${program} get`,
  });
}

function toAuth(program: string, server: string, stdout: string): RegistryAuth | undefined {
  const answer = parseAnswer(stdout);
  if (typeof answer !== "object" || answer === null || Array.isArray(answer)) {
    throw new LongshoreError("invalid", `${program} did not answer with a login in JSON for "${server}"`);
  }
  const { Username, Secret }: { readonly Username?: unknown; readonly Secret?: unknown } = answer;
  const username = typeof Username === "string" ? Username : "";
  const secret = typeof Secret === "string" ? Secret : "";
  if (username === "" && secret === "") return undefined;
  return toRegistryAuth({ username, secret, serverAddress: server });
}

/** Undefined for what is no JSON: the parser's message quotes the text, and with it the secret. */
function parseAnswer(stdout: string): unknown {
  try {
    return JSON.parse(stdout);
  } catch {
    return undefined;
  }
}

interface Ended {
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

type Helper = ChildProcessByStdio<Writable, Readable, Readable>;

function run(program: string, question: HelperQuestion): Promise<Ended> {
  const { signal, timeoutMs } = question;
  return new Promise((resolve, reject) => {
    const what = `asking ${program} for a login`;
    if (signal?.aborted) return reject(toCanceled(signal, what));
    // In a group of its own, so that what the helper started ends with it.
    const child = spawn(program, ["get"], { stdio: ["pipe", "pipe", "pipe"], detached: true });
    const stop = (error: LongshoreError) => {
      kill(child);
      finish(() => reject(error));
    };
    const onAbort = () => stop(toCanceled(signal, what));
    const timer = setTimeout(() => {
      stop(new LongshoreError("timeout", `${program} did not answer within ${timeoutMs / 1000} s`));
    }, timeoutMs);
    const finish = (settle: () => void) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      settle();
    };
    signal?.addEventListener("abort", onAbort);
    const stdout = collect(child.stdout);
    const stderr = collect(child.stderr);
    child.on("error", (cause) => finish(() => reject(toSpawnError(program, cause))));
    child.on("close", (code, name) => {
      finish(() => resolve({ code: code ?? name ?? "no code", stdout: stdout(), stderr: stderr() }));
    });
    // A helper that ends without reading its input is judged by its answer.
    child.stdin.on("error", () => undefined);
    child.stdin.end(question.server);
  });
}

function collect(stream: Readable): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on("data", (chunk: Buffer) => {
    if (size < maxOutputBytes) chunks.push(chunk);
    size += chunk.length;
  });
  return () => Buffer.concat(chunks).toString("utf8");
}

function kill(child: Helper): void {
  for (const stream of child.stdio) stream?.destroy();
  if (child.pid === undefined) return;
  try {
    process.kill(process.platform === "win32" ? child.pid : -child.pid, "SIGKILL");
  } catch {
    // It ended by itself just now.
  }
}

function toSpawnError(program: string, cause: Error): LongshoreError {
  const missing = errorCode(cause) === "ENOENT";
  const why = missing ? "there is no such program on the PATH" : cause.message;
  return new LongshoreError("invalid", `Cannot run ${program}: ${why}`, {
    cause,
    hint: "Install it, or change auth.helper in the agent's options or the helper in its docker config file.",
  });
}
