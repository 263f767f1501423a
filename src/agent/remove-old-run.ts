import {
  type CallOptions,
  isLongshoreError,
  LongshoreError,
  type TaskDriver,
  type TaskHandle,
} from "../task/index.ts";
import type { AgentContext } from "./agent-options.ts";
import { removeAllocDir } from "./alloc-dir.ts";
import { removeLeftStart } from "./left-start.ts";
import { removeLogPosition, toPositionPath } from "./log-position.ts";
import { type JobRecord, mayHaveContainer, type TaskRecord } from "./run-record.ts";
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
  const left = record.allocations.flatMap(({ tasks }) => Object.values(tasks)).filter(mayHaveContainer);
  if (left.length > 0)
    context.logger.warn("an earlier run of this job left containers: they are removed first");
  const removing = record.allocations.flatMap((alloc) =>
    Object.entries(alloc.tasks).map(([name, task]) => removeTask(context, { name, task, signal })),
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
  readonly name: string;
  readonly task: TaskRecord;
  readonly signal: AbortSignal | undefined;
}

async function removeTask({ driver }: AgentContext, { name, task, signal: given }: OldTask): Promise<void> {
  // Of its own: many waiters on one signal count against its limit of listeners.
  const signal = given && AbortSignal.any([given]);
  try {
    if (task.handle !== null) await removeContainer(driver, task.handle, { ...task.stopWith, signal });
    else if (task.starting !== null) await removeLeftStart(driver, task.starting, { signal });
  } catch (error) {
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

async function removeContainer(
  driver: TaskDriver,
  handle: TaskHandle,
  { graceMs, killSignal, signal }: TaskRecord["stopWith"] & CallOptions,
): Promise<void> {
  const { id } = handle.config;
  try {
    await driver.recoverTask(handle, { signal });
    await driver.stopTask(id, { graceMs, killSignal: killSignal ?? undefined, signal });
    await driver.destroyTask(id, { force: true, signal });
  } catch (error) {
    if (!isLongshoreError(error, "not-found")) throw error;
  }
}
