import { readdir, readFile } from "node:fs/promises";

/** A running process, as /proc tells it. */
export interface ProcessFacts {
  readonly pid: number;
  readonly arguments: readonly string[];
}

/** Processes that were started, by whomever, with this variable in their environment. */
export async function findProcesses(variable: string, value: string): Promise<readonly ProcessFacts[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid) => {
      const environment = await readProc(pid, "environ");
      if (!environment.includes(`${variable}=${value}`) || pid === process.pid) return undefined;
      const words = await readProc(pid, "cmdline");
      // A process that has ended and waits for its parent has no command line.
      return words.length === 0 ? undefined : { pid, arguments: words };
    }),
  );
  return found.filter((each) => each !== undefined);
}

/** Sends a signal; a process that is gone already is fine. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}

async function readProc(pid: number, name: string): Promise<readonly string[]> {
  const text = await readFile(`/proc/${pid}/${name}`, "utf8").catch(() => "");
  return text.split("\0").filter((word) => word !== "");
}
