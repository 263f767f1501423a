import { isLongshoreError, LongshoreError, type TaskHandle } from "../task/index.ts";
import type { AgentContext } from "./agent-options.ts";
import { removeAllocDir } from "./alloc-dir.ts";
import type { AllocRecord, JobRecord, TaskRecord } from "./run-record.ts";
import { removeLogPosition, toPositionPath } from "./task-logs.ts";
import { toAllocDir } from "./task-place.ts";
import { toLongshoreError } from "./to-error.ts";

/**
 * Removes what is left of an earlier run that cannot go on: the job has changed, it was being stopped, or it
 * failed. Rejects when a container cannot be stopped, with what is left still in the record.
 */
export async function removeOldRun(
  context: AgentContext,
  record: JobRecord,
  { jobFolder, signal }: { readonly jobFolder: string; readonly signal: AbortSignal | undefined },
): Promise<void> {
  context.logger.info("removing what an earlier run left", { job: record.jobId });
  const removing = record.allocations.flatMap((alloc) =>
    Object.entries(alloc.tasks).map(([name, task]) => removeTask(context, { alloc, name, task, signal })),
  );
  const failed = (await Promise.allSettled(removing)).find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  for (const alloc of record.allocations) {
    if (alloc.networkRequested) await context.driver.destroyNetwork(alloc.id, { signal });
    await removeAllocDir(toAllocDir(context.settings, alloc.id)).catch((error: unknown) =>
      context.logger.warn(toLongshoreError(error).message, { alloc: alloc.id }),
    );
    for (const name of Object.keys(alloc.tasks))
      await removeLogPosition(toPositionPath(jobFolder, alloc.id, name));
  }
}

interface OldTask {
  readonly alloc: AllocRecord;
  readonly name: string;
  readonly task: TaskRecord;
  readonly signal: AbortSignal | undefined;
}

async function removeTask(
  context: AgentContext,
  { alloc, name, task, signal: given }: OldTask,
): Promise<void> {
  // Of its own: many waiters on one signal count against its limit of listeners.
  const signal = given && AbortSignal.any([given]);
  const guessed = toGuessedHandle(alloc, name, task);
  const handle = task.handle ?? guessed;
  if (handle === undefined) return;
  const { driver } = context;
  const { id } = handle.config;
  const { graceMs, killSignal } = task.stopWith;
  try {
    await driver.recoverTask(handle, { signal });
    if (task.handle !== null)
      await driver.stopTask(id, { graceMs, killSignal: killSignal ?? undefined, signal });
    await driver.destroyTask(id, { force: true, signal });
  } catch (error) {
    if (isLongshoreError(error, "not-found")) return;
    signal?.throwIfAborted();
    const { message } = toLongshoreError(error);
    throw new LongshoreError(
      "internal",
      `task "${name}" of the run before could not be removed: ${message}`,
      {
        cause: error,
        hint: "Try again when the engine is back, or remove its container by hand.",
      },
    );
  }
}

/** A start whose end nobody saw: its container, if any, can be found by its name. */
function toGuessedHandle(alloc: AllocRecord, name: string, task: TaskRecord): TaskHandle | undefined {
  if (task.starting === null) return undefined;
  const containerName = `${name.replaceAll("/", "_")}-${alloc.id}`;
  return { version: 1, config: task.starting, driverState: { containerId: containerName } };
}
