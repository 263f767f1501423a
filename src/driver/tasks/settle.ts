import type { ContainerInspect } from "../../engine/index.ts";
import { type ExitResult, isLongshoreError, pause, settlesWithin } from "../../task/index.ts";
import type { DriverContext } from "../context.ts";
import type { DockerTask } from "./docker-task.ts";
import { drainLogs } from "./drain-logs.ts";
import { hasOomKills, parseEngineDate, toExitResult, toFinishedAt, toLostExit } from "./exit-result.ts";

const retryMs = 200;
/** An engine under load tells of a kill for memory after the end that it led to. */
const lateOomMs = 250;
const killedCode = 137;

/**
 * Looks at a task's container and, if it no longer runs, tells how the task ended, after the rest of its output.
 * Looks that are asked for at the same time are one.
 */
export function settleTask(context: DriverContext, task: DockerTask): Promise<void> {
  task.settling ??= settle(context, task)
    .catch((error: unknown) => {
      if (!task.signal.aborted)
        context.logger.error("could not look at a task", { task: task.config.id, error });
    })
    .finally(() => {
      task.settling = undefined;
    });
  return task.settling;
}

async function settle(context: DriverContext, task: DockerTask): Promise<void> {
  if (task.state.phase === "exited") return;
  const ended = await lookForEnd(context, task);
  if (ended === undefined) return;
  const { found } = ended;
  const finishedAt = found === undefined ? new Date() : toFinishedAt(found.State);
  const how = await readExit(context, task, ended);
  const exit = task.endReason === undefined ? how : { ...how, error: task.endReason };
  task.hearDeath();
  await drainLogs(context, task);
  if (task.signal.aborted) return;
  if (found !== undefined && !found.State.Running) {
    const startedAt = parseEngineDate(found.State.StartedAt);
    if (startedAt !== undefined) task.apply({ type: "started", at: startedAt });
  }
  context.emit(task, { type: "exited", exit });
  task.apply({ type: "exited", at: finishedAt, exit });
}

/** How a task's container was found after the task's end. */
interface Ended {
  /** Undefined when it is gone. It may run again: someone has restarted it, and the task is over all the same. */
  readonly found: ContainerInspect | undefined;
}

/** Undefined while the container runs and no end of it was heard of. */
async function lookForEnd(context: DriverContext, task: DockerTask): Promise<Ended | undefined> {
  for (;;) {
    const { heardCode } = task;
    const found = await inspectPatiently(context, task);
    if (!found?.State.Running || heardCode !== undefined) return { found };
    // The answer may be older than an end that was heard of while it came.
    if (task.heardCode === undefined) return undefined;
  }
}

async function readExit(context: DriverContext, task: DockerTask, { found }: Ended): Promise<ExitResult> {
  const { heardCode, oomHeard } = task;
  if (found === undefined || found.State.Running) {
    return heardCode === undefined ? toLostExit() : toExitResult(heardCode, oomHeard && heardCode !== 0);
  }
  const { ExitCode, OOMKilled } = found.State;
  if (OOMKilled || ExitCode === 0) return toExitResult(ExitCode, OOMKilled);
  const counted = (await isCounted(context, task.containerId)) || (await hearsOom(task, ExitCode));
  return toExitResult(ExitCode, counted);
}

async function hearsOom(task: DockerTask, exitCode: number): Promise<boolean> {
  const mayCome = exitCode === killedCode && task.stop === undefined;
  if (mayCome && !task.oomHeard) await settlesWithin(task.oomTold.promise, lateOomMs);
  return task.oomHeard;
}

async function isCounted({ watch }: DriverContext, containerId: string): Promise<boolean> {
  const { state } = watch;
  return state.phase === "open" && state.info.CgroupVersion === "2" && (await hasOomKills(containerId));
}

/** The container, or undefined when there is none any more; waits for an engine that is away. */
async function inspectPatiently(
  { engine, watch }: DriverContext,
  task: DockerTask,
): Promise<ContainerInspect | undefined> {
  const { signal } = task;
  for (;;) {
    try {
      return await engine.inspectContainer(task.containerId, { signal });
    } catch (error) {
      if (isLongshoreError(error, "not-found")) return undefined;
      signal.throwIfAborted();
      await watch.reopened({ signal });
      await pause(retryMs, signal);
    }
  }
}
