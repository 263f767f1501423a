import type { ContainerInspect } from "../../engine/index.ts";
import { type ExitResult, isLongshoreError } from "../../task/index.ts";
import type { DriverContext } from "../context.ts";
import { pause, settlesWithin } from "../waiting.ts";
import type { DockerTask } from "./docker-task.ts";
import { hasOomKills, parseEngineDate, toExitResult, toFinishedAt, toLostExit } from "./exit-result.ts";

const retryMs = 200;
/** A host that takes no output for so long is not waited for. */
const drainMs = 2000;

/**
 * Looks at a task's container and, if it no longer runs, tells how the task ended, after the rest of its output.
 * Looks that are asked for at the same time are one. `heardCode` is the exit code of a `die` event.
 */
export function settleTask(context: DriverContext, task: DockerTask, heardCode?: number): Promise<void> {
  task.settling ??= settle(context, task, heardCode)
    .catch((error: unknown) => {
      if (!task.signal.aborted)
        context.logger.error("could not look at a task", { task: task.config.id, error });
    })
    .finally(() => {
      task.settling = undefined;
    });
  return task.settling;
}

async function settle(
  context: DriverContext,
  task: DockerTask,
  heardCode: number | undefined,
): Promise<void> {
  if (task.state.phase === "exited") return;
  const found = await inspectPatiently(context, task);
  if (found?.State.Running) return;
  const finishedAt = found === undefined ? new Date() : toFinishedAt(found.State);
  const how = await readExit(context, task, found, heardCode);
  const exit = task.endReason === undefined ? how : { ...how, error: task.endReason };
  task.died.resolve();
  await drainLogs(task);
  if (task.signal.aborted) return;
  if (found !== undefined) {
    const startedAt = parseEngineDate(found.State.StartedAt);
    if (startedAt !== undefined) task.apply({ type: "started", at: startedAt });
  }
  context.emit(task, { type: "exited", exit });
  task.apply({ type: "exited", at: finishedAt, exit });
}

async function readExit(
  context: DriverContext,
  task: DockerTask,
  found: ContainerInspect | undefined,
  heardCode: number | undefined,
): Promise<ExitResult> {
  if (found === undefined) {
    return heardCode === undefined ? toLostExit() : toExitResult(heardCode, task.oomHeard && heardCode !== 0);
  }
  const { ExitCode, OOMKilled } = found.State;
  const counted = ExitCode !== 0 && (task.oomHeard || (await isCounted(context, task.containerId)));
  return toExitResult(ExitCode, OOMKilled || counted);
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

/** Waits until the task's output is written, as long as the host goes on taking it. */
export async function drainLogs(task: DockerTask): Promise<void> {
  const { logs } = task;
  if (logs === undefined) return;
  for (let before = -1; before !== logs.writes; ) {
    before = logs.writes;
    if (!(await settlesWithin(logs.done, drainMs))) continue;
    // Another sink may have taken over meanwhile.
    return task.logs === logs ? undefined : await drainLogs(task);
  }
}
