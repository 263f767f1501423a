import { type ExitResult, isLongshoreError, LongshoreError } from "../task/index.ts";
import { waitAtMost } from "./clock.ts";
import { toLeftBehind } from "./left-start.ts";
import { toStoredError } from "./stored-error.ts";
import type { TaskRun } from "./task-host.ts";
import { toLongshoreError } from "./to-error.ts";

const retryDelaysMs = [500, 1000, 2000, 4000, 8000, 8000, 8000];

/**
 * Ends a task's container: the shutdown delay, the kill signal, the kill timeout, then the kill. Resolves to false
 * when the engine would not, also after trying again; the task's record says why then.
 */
export async function stopContainer(
  run: TaskRun,
  taskId: string,
  waiting: Promise<ExitResult>,
): Promise<boolean> {
  const { context, signals } = run;
  const { task, group } = run.host.place();
  const delayMs = group.shutdownDelayMs + task.shutdownDelayMs;
  if (delayMs > 0) await shutdownDelay(run, delayMs, waiting);
  const { graceMs, killSignal } = run.record.stopWith;
  const signal = AbortSignal.any([signals.kill, signals.detach]);
  try {
    if (!signals.kill.aborted)
      await persist(
        run,
        () => context.driver.stopTask(taskId, { graceMs, killSignal: killSignal ?? undefined, signal }),
        signal,
      );
  } catch (error) {
    signals.detach.throwIfAborted();
    if (!signals.kill.aborted) return giveUp(run, error);
  }
  if (!signals.kill.aborted) return true;
  const untilGivenUp = AbortSignal.any([signals.detach, signals.giveUp]);
  try {
    await context.driver.stopTask(taskId, { graceMs: 0, killSignal: "SIGKILL", signal: untilGivenUp });
    return true;
  } catch (error) {
    signals.detach.throwIfAborted();
    if (signals.giveUp.aborted) throw toLeftBehind(toShortId(run), error);
    return isLongshoreError(error, "not-found") || giveUp(run, error);
  }
}

/** Removes a task's container, running or not. Rejects when the engine would not, also after trying again. */
export async function endContainer(run: TaskRun, taskId: string): Promise<void> {
  const { context, signals } = run;
  const signal = AbortSignal.any([signals.kill, signals.detach]);
  const untilGivenUp = AbortSignal.any([signals.detach, signals.giveUp]);
  try {
    await persist(
      run,
      () => context.driver.destroyTask(taskId, { force: true, signal: untilGivenUp }),
      signal,
    );
  } catch (error) {
    signals.detach.throwIfAborted();
    if (signals.giveUp.aborted) throw toLeftBehind(toShortId(run), error);
    const { message } = toLongshoreError(error);
    throw new LongshoreError("internal", `its container could not be removed: ${message}`, {
      cause: error,
      hint: "Run the job again when the engine is back: it takes care of what is left.",
      retryable: false,
    });
  }
}

function toShortId({ record }: TaskRun): string {
  return record.handle?.driverState.containerId.slice(0, 12) ?? "";
}

/** The delay ends early when the task does, or when it is to be killed. */
async function shutdownDelay(run: TaskRun, ms: number, waiting: Promise<ExitResult>): Promise<void> {
  const { context, signals, host } = run;
  host.emit({ type: "waiting", ms, reason: "shutdown_delay" }, `waiting ${ms / 1000} s before it is stopped`);
  const signal = AbortSignal.any([signals.kill, signals.detach]);
  await waitAtMost(context.clock, waiting, { ms, signal });
}

/** Tries again while the engine is away; a task that is gone is as good as done. */
async function persist(run: TaskRun, action: () => Promise<void>, signal: AbortSignal): Promise<void> {
  for (const delayMs of [...retryDelaysMs, undefined]) {
    try {
      return await action();
    } catch (error) {
      if (isLongshoreError(error, "not-found")) return;
      if (delayMs === undefined || signal.aborted || !toLongshoreError(error).retryable) throw error;
      await run.context.clock.sleep(delayMs, { signal });
    }
  }
}

function giveUp(run: TaskRun, thrown: unknown): false {
  const error = toLongshoreError(thrown);
  run.record.error = toStoredError(error);
  run.host.emit({ type: "failed", error }, `could not be stopped: ${error.message}`);
  return false;
}
