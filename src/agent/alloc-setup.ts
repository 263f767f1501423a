import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { LongshoreError } from "../task/index.ts";
import type { AllocState } from "./agent.ts";
import { createAllocDir, removeAllocDir, toLogsDir } from "./alloc-dir.ts";
import { createAllocNetwork } from "./alloc-network.ts";
import { listPorts } from "./alloc-ports.ts";
import { type AllocWork, createEmit, emitState, toPlace, toRecord } from "./alloc-work.ts";
import { removeLogPosition, toPositionPath } from "./log-position.ts";
import { mayHaveContainer } from "./run-record.ts";
import { toStoredError } from "./stored-error.ts";
import { toAllocDir, toTaskRef } from "./task-place.ts";
import { toLongshoreError } from "./to-error.ts";

/** Makes folders and network; answers why that could not be done. Rejects when the agent lets go of the job. */
export async function setUpAlloc(alloc: AllocWork): Promise<LongshoreError | undefined> {
  const { scope, group, record } = alloc;
  try {
    const names = group.tasks.map((task) => task.name);
    await createAllocDir(toAllocDir(scope.context.settings, record.id), names);
    await createAllocNetwork(alloc);
    return undefined;
  } catch (thrown) {
    if (scope.detach.aborted) throw thrown;
    return toLongshoreError(thrown);
  }
}

/** Puts the fault of an allocation that could not be set up on its first main task. */
export function blame(alloc: AllocWork, error: LongshoreError): void {
  const { group } = alloc;
  const task = group.tasks.find(({ lifecycle }) => lifecycle === undefined) ?? group.tasks[0];
  if (task === undefined) return;
  createEmit(alloc, task.name)({ type: "failed", error }, error.message);
  const record = toRecord(alloc, task.name);
  record.error = toStoredError(error);
  record.phase = "failed";
  alloc.scope.onTaskFailed(toTaskRef(toPlace(alloc, task.name)));
}

/** Gives back all that the allocation had. What could not be removed is told, and left to the next run. */
export async function tearDownAlloc(
  alloc: AllocWork,
  end: "complete" | "failed" | "stopped",
  reason: string,
): Promise<AllocState> {
  const { scope, record } = alloc;
  const { context } = scope;
  const allocDir = toAllocDir(context.settings, record.id);
  const keepLogs = end === "failed" && (await holdsOutput(toLogsDir(allocDir)));
  try {
    if (record.networkRequested)
      await context.driver.destroyNetwork(record.id, {
        signal: AbortSignal.any([scope.detach, scope.patience.over]),
      });
    record.networkRequested = false;
  } catch (error) {
    scope.detach.throwIfAborted();
    context.logger.warn("a group's network could not be removed", {
      alloc: record.id,
      error: toLongshoreError(error).message,
    });
  }
  for (const port of listPorts(record.ports)) scope.ports.release(port.value);
  for (const task of Object.values(record.tasks)) scope.cores.release(task.cores);
  const isLeft = Object.values(record.tasks).some(mayHaveContainer);
  const removals = Object.keys(record.tasks).map((name) =>
    removeLogPosition(toPositionPath(scope.jobFolder, record.id, name)),
  );
  // A container that could not be removed may still write there: the next run removes both.
  if (!context.keepAllocs && !isLeft) removals.push(removeAllocDir(allocDir, { keepLogs }));
  for (const result of await Promise.allSettled(removals))
    if (result.status === "rejected")
      context.logger.warn(toLongshoreError(result.reason).message, { alloc: record.id });
  const where = keepLogs ? `its logs are kept in ${toLogsDir(allocDir)} until the next run` : "";
  const state = end === "failed" ? "failed" : "complete";
  emitState(alloc, state, end === "stopped" ? reason : where);
  return state;
}

/** Log files are made before a task starts: empty ones tell nobody anything. */
async function holdsOutput(logsDir: string): Promise<boolean> {
  for (const name of await readdir(logsDir).catch(() => [])) {
    const found = await lstat(join(logsDir, name)).catch(() => undefined);
    if (found?.isFile() && found.size > 0) return true;
  }
  return false;
}
