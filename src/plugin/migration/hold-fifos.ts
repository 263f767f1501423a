import { spawn } from "node:child_process";

/** Longer than an agent is away when it is restarted or upgraded. */
const holdSeconds = 60;

/**
 * Keeps FIFOs open for a while after this process's end, by a process that only sleeps. At the end of its input an
 * agent's log collector stops reading for good, and the agent's next start ends and restarts it; whatever driver goes
 * on meanwhile, the built-in one after a rollback too, could lose its reader.
 */
export function holdFifos(fds: readonly number[]): void {
  if (fds.length === 0) return;
  const sleeper = spawn("sleep", [`${holdSeconds}`], {
    detached: true,
    stdio: ["ignore", "ignore", "ignore", ...fds],
  });
  // Without it a log may have a gap of some seconds around the restart.
  sleeper.on("error", () => undefined);
  sleeper.unref();
}
