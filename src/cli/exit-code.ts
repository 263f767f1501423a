import type { JobOutcome } from "../agent/agent.ts";

/** What the command ends with, besides a failing task's own code. */
export const exitCodes = {
  ok: 0,
  /** The job could not run, or something else failed. */
  failed: 1,
  /** A bad job file or a bad command line. */
  usage: 2,
  hangup: 129,
  interrupted: 130,
  /** Nobody reads the output any more. */
  outputClosed: 141,
  terminated: 143,
} as const;

export type StopSignal = "SIGINT" | "SIGTERM" | "SIGHUP";

/** Exit code after a signal: 128 and the signal's number, as shells have it. */
export function toSignalExitCode(signal: StopSignal): number {
  return { SIGHUP: exitCodes.hangup, SIGINT: exitCodes.interrupted, SIGTERM: exitCodes.terminated }[signal];
}

/** Exit code of a job that ended by itself: the failing task's own, 1 when it has none, else 0. */
export function toExitCode(outcome: JobOutcome): number {
  if (outcome.state !== "failed") return exitCodes.ok;
  const code = outcome.failedTask?.exit?.exitCode ?? 0;
  return code > 0 && code < 256 ? code : exitCodes.failed;
}
