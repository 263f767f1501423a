import type { Engine } from "../../engine/index.ts";
import { errorCode, pause } from "../../task/index.ts";
import { isOfContainer } from "../stats/find-cgroup.ts";
import { createKernelFiles, type KernelFiles } from "../stats/kernel-files.ts";

const firstDelayMs = 5;
const longestDelayMs = 1000;
/** Who has waited for a command in vain does not wait for a busy engine much longer. */
const callMs = 10_000;

/** What became of a command that should end. */
export type KillOutcome = "ended" | "elsewhere" | "forbidden";

/**
 * Kills a command in a container with all that it has started. The engine cannot do that, so it is done by the
 * process's number: where the engine runs on another machine, or this process may not, the command goes on.
 */
export async function killExec(engine: Engine, containerId: string, execId: string): Promise<KillOutcome> {
  const { running, pid } = await inspectStarted(engine, execId);
  if (!running) return "ended";
  const files = createKernelFiles();
  if (!isOfContainer(files, pid, containerId)) return "elsewhere";
  const all = [pid, ...descendants(files, pid)];
  // A command leads a process group of its own; others of its session may have made theirs.
  const outcomes = [-pid, ...all].map(kill);
  return outcomes.includes("forbidden") ? "forbidden" : "ended";
}

/** The engine may tell a command's output before it knows its process. */
async function inspectStarted(engine: Engine, execId: string): ReturnType<Engine["inspectExec"]> {
  const signal = AbortSignal.timeout(callMs);
  for (let delayMs = firstDelayMs; ; delayMs *= 2) {
    const found = await engine.inspectExec(execId, { signal });
    if (!found.running || found.pid > 0 || delayMs > longestDelayMs) return found;
    await pause(delayMs, undefined);
  }
}

function descendants(files: KernelFiles, pid: number): readonly number[] {
  const text = files.read(`/proc/${pid}/task/${pid}/children`) ?? "";
  const children = text.split(" ").filter(Boolean).map(Number);
  return children.flatMap((child) => [child, ...descendants(files, child)]);
}

function kill(pid: number): KillOutcome {
  try {
    process.kill(pid, "SIGKILL");
    return "ended";
  } catch (error) {
    return errorCode(error) === "EPERM" ? "forbidden" : "ended";
  }
}
