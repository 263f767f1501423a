import { readFile } from "node:fs/promises";
import type { ContainerState } from "../../engine/index.ts";
import type { ExitResult } from "../../task/index.ts";

const firstSignalCode = 128;
const highestSignal = 64;

/** How a container ended, from its exit code and whether the kernel killed it for memory. */
export function toExitResult(exitCode: number, oomKilled: boolean): ExitResult {
  const number = exitCode - firstSignalCode;
  const signal = number > 0 && number <= highestSignal ? number : 0;
  if (oomKilled) return { exitCode, signal, oomKilled, error: "OOM Killed" };
  if (exitCode === 0) return { exitCode, signal, oomKilled };
  return {
    exitCode,
    signal,
    oomKilled,
    error: `Docker container exited with non-zero exit code: ${exitCode}`,
  };
}

/** The exit of a container that is gone, so that nobody can tell how it ended. */
export function toLostExit(): ExitResult {
  return {
    exitCode: -1,
    signal: 0,
    oomKilled: false,
    error: "The container is gone: it was removed by someone else",
  };
}

/** A time of the engine's; undefined for its zero time. */
export function parseEngineDate(text: string): Date | undefined {
  const time = Date.parse(text);
  return Number.isNaN(time) || time <= 0 ? undefined : new Date(time);
}

/** When a container ended. */
export function toFinishedAt(state: ContainerState): Date {
  return parseEngineDate(state.FinishedAt) ?? new Date();
}

/** Kills for memory that a `memory.events` file of cgroup v2 counts. */
export function parseOomKills(memoryEvents: string): number {
  return Number(/^oom_kill (\d+)$/m.exec(memoryEvents)?.[1] ?? 0);
}

/**
 * Whether cgroup v2 counts a kill for memory in the container: the engine tells only of the first process.
 * False where the file is not on this machine or gone with its container.
 */
export async function hasOomKills(containerId: string): Promise<boolean> {
  const folders = [`system.slice/docker-${containerId}.scope`, `docker/${containerId}`];
  for (const folder of folders) {
    const text = await readFile(`/sys/fs/cgroup/${folder}/memory.events`, "utf8").catch(() => undefined);
    if (text !== undefined) return parseOomKills(text) > 0;
  }
  return false;
}
