import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type FileHandle, open, readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";

export interface ProcessOptions {
  /** Takes its output. */
  readonly logFile: string;
  /** Asked again and again until true; rejecting means not yet. */
  readonly ready: () => Promise<boolean>;
  readonly readyWithinMs?: number;
}

/** A program that runs in the background until it is stopped. */
export interface RunningProcess {
  readonly pid: number;
  /** Sends the signal and resolves when the process has ended. */
  stop(signal: NodeJS.Signals): Promise<void>;
}

/**
 * Starts a program and resolves when it is ready. Rejects, with the end of its log, when it ends first or takes
 * more than `readyWithinMs` (30 s).
 */
export async function startProcess(
  program: string,
  args: readonly string[],
  options: ProcessOptions,
): Promise<RunningProcess> {
  const log = await open(options.logFile, "a");
  const child = spawn(program, args, { stdio: ["ignore", log.fd, log.fd] });
  const failed = once(child, "error").then(([error]) => Promise.reject(error));
  try {
    await Promise.race([once(child, "spawn"), failed]);
    await waitUntilReady(child, program, options);
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  } finally {
    failed.catch(() => undefined);
    await closeQuietly(log);
  }
  return { pid: child.pid ?? 0, stop: async (signal) => await stop(child, signal) };
}

async function closeQuietly(file: FileHandle): Promise<void> {
  await file.close().catch(() => undefined);
}

async function waitUntilReady(child: ChildProcess, program: string, options: ProcessOptions): Promise<void> {
  const giveUpAt = Date.now() + (options.readyWithinMs ?? 30_000);
  while (!(await options.ready().catch(() => false))) {
    const ended = child.exitCode !== null || child.signalCode !== null;
    if (ended || Date.now() > giveUpAt) {
      const log = await readFile(options.logFile, "utf8");
      const what = ended ? "ended before it was ready" : "was not ready in time";
      throw new Error(`${program} ${what}; its log ends with:\n${log.slice(-3000)}`);
    }
    // There is no event for "it listens now".
    await pause(25);
  }
}

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill(signal);
  await ended;
}
