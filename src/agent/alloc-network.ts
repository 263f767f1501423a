import type { TaskGroup } from "../jobfile/job.ts";
import type { CallOptions } from "../task/index.ts";
import { createLookup, interpolate } from "./interpolate.ts";
import type { JobScope } from "./job-scope.ts";
import { replaceTakenPorts } from "./replace-ports.ts";
import { decideRestart, type RestartState } from "./restart-tracker.ts";
import type { AllocRecord } from "./run-record.ts";
import { toAllocName } from "./task-place.ts";
import { toLongshoreError } from "./to-error.ts";

/** An allocation that is being set up. */
export interface AllocSetUp {
  readonly scope: JobScope;
  readonly group: TaskGroup;
  readonly record: AllocRecord;
  readonly stop: AbortSignal;
}

/**
 * Makes the network that the group's tasks share, where its mode asks for one; tries again as the group's restart
 * policy says while the engine is away. A network of an earlier run is taken over by the driver.
 */
export async function createAllocNetwork(alloc: AllocSetUp): Promise<void> {
  const { scope, group, record, stop } = alloc;
  const mode = group.network?.mode ?? "host";
  if (mode === "none") record.network = { mode: "none", path: "", labels: {} };
  if (mode !== "bridge" || !scope.context.driver.capabilities.mustCreateNetwork) return;
  const signal = AbortSignal.any([stop, scope.detach]);
  const { clock, random } = scope.context;
  let state: RestartState = { intervalStartMs: clock.monotonicMs(), count: 0 };
  for (;;) {
    try {
      return await createOnce(alloc, { signal });
    } catch (thrown) {
      signal.throwIfAborted();
      const error = toLongshoreError(thrown);
      if (await replaceTakenPorts(alloc, undefined, error)) continue;
      const next = decideRestart(
        state,
        { type: "not-started", retryable: error.retryable },
        { policy: group.restart, onSuccess: false },
        { nowMs: clock.monotonicMs(), random: random() },
      );
      state = next.state;
      if (next.decision.type !== "restart") throw error;
      scope.context.logger.warn(
        `the network of group "${group.name}" could not be made, and is tried again`,
        {
          error: error.message,
        },
      );
      await clock.sleep(next.decision.delayMs, { signal });
    }
  }
}

async function createOnce({ scope, group, record }: AllocSetUp, options: CallOptions): Promise<void> {
  record.networkRequested = true;
  await scope.save();
  const hostname = toHostname({ scope, group, record });
  const created = await scope.context.driver.createNetwork(record.id, {
    ...options,
    ports: record.ports.group,
    owner: { nodeId: scope.node.id, namespace: scope.job.namespace, jobId: scope.job.id },
    ...(hostname === "" ? {} : { hostname }),
  });
  record.network = created.isolation;
  await scope.note();
}

/** A group has no task's environment: only what is the allocation's own can be named. */
function toHostname({ scope, group, record }: Omit<AllocSetUp, "stop">): string {
  const told: Readonly<Record<string, string>> = {
    NOMAD_ALLOC_ID: record.id,
    NOMAD_SHORT_ALLOC_ID: record.id.slice(0, 8),
    NOMAD_ALLOC_INDEX: String(record.index),
    NOMAD_ALLOC_NAME: toAllocName(scope.job, group.name, record.index),
    NOMAD_GROUP_NAME: group.name,
    NOMAD_JOB_ID: scope.job.id,
    NOMAD_JOB_NAME: scope.job.name,
  };
  return interpolate(
    group.network?.hostname ?? "",
    createLookup({ env: (name) => told[name], node: new Map() }),
  );
}
