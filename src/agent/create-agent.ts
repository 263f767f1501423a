import { createHash, randomUUID } from "node:crypto";
import { type Job, renderTemplate } from "../jobfile/index.ts";
import { LongshoreError } from "../task/index.ts";
import type { Agent, JobRun, NodeFacts, RunOptions, TaskRef } from "./agent.ts";
import {
  type AgentContext,
  type AgentOptions,
  defaultDynamicPorts,
  toAgentContext,
} from "./agent-options.ts";
import { type AllocPorts, choosePorts, listPorts, planPorts } from "./alloc-ports.ts";
import { type CoreAllocator, createCoreAllocator } from "./cores.ts";
import { createEventQueue } from "./event-queue.ts";
import { lockJob } from "./job-lock.ts";
import { startJob } from "./job-run.ts";
import type { JobScope } from "./job-scope.ts";
import { createKillPatience } from "./kill-patience.ts";
import { readNodeFacts } from "./machine.ts";
import { checkJob } from "./plan-job.ts";
import { createPortAllocator, type PortAllocator } from "./port-allocator.ts";
import { removeOldRun } from "./remove-old-run.ts";
import { type AllocRecord, type JobRecord, newTaskRecord } from "./run-record.ts";
import { createStateStore, type StateStore, toJobFolder } from "./state-store.ts";
import { toAllocName } from "./task-place.ts";
import { toLongshoreError } from "./to-error.ts";

/**
 * An agent on this machine. At a job's end its folders are removed; of a failed allocation `alloc/logs` stays until
 * the job's next run. Disposing the agent lets go of its jobs: their containers go on, `outcome` rejects with
 * `canceled`, and running the same job again takes them over.
 */
export function createAgent(options: AgentOptions): Agent {
  const context = toAgentContext(options, options.renderTemplate ?? renderTemplate);
  const shared: Shared = {
    context,
    ports: createPortAllocator({
      range: options.dynamicPorts ?? defaultDynamicPorts,
      random: context.random,
    }),
    cores: createCoreAllocator(context.settings.machine.cores),
    detach: new AbortController(),
  };
  const runs = new Set<JobRun>();
  return {
    async runJob(job, runOptions = {}) {
      const run = await beginJob(shared, job, runOptions);
      runs.add(run);
      const forget = (): void => void runs.delete(run);
      run.outcome.then(forget, forget);
      return run;
    },
    async [Symbol.asyncDispose]() {
      shared.detach.abort(new LongshoreError("canceled", "the agent was closed; its containers go on"));
      await Promise.allSettled([...runs].map((run) => run.outcome));
    },
  };
}

interface Shared {
  readonly context: AgentContext;
  readonly ports: PortAllocator;
  readonly cores: CoreAllocator;
  readonly detach: AbortController;
}

async function beginJob(shared: Shared, job: Job, options: RunOptions): Promise<JobRun> {
  const { context, detach } = shared;
  detach.signal.throwIfAborted();
  options.signal?.throwIfAborted();
  const node = options.node ?? readNodeFacts();
  checkJob(job, context.driver, { settings: context.settings, node });
  const jobFolder = toJobFolder(context.settings.dataDir, job.id);
  const lock = await lockJob(jobFolder, job.id);
  const store = createStateStore(jobFolder);
  try {
    const { record, resumed } = await loadOrCreate(shared, job, node, {
      jobFolder,
      store,
      signal: options.signal,
    });
    await store.save(record).catch((error: unknown) => {
      for (const alloc of record.allocations) giveBack(shared, alloc.ports, alloc);
      throw error;
    });
    let failedTask: TaskRef | undefined;
    const scope: JobScope = {
      ...shared,
      job,
      node,
      jobFolder,
      queue: createEventQueue(),
      detach: detach.signal,
      patience: createKillPatience(context.clock),
      save: () => store.save(record),
      note: () =>
        store.save(record).catch((error: unknown) => context.logger.error(toLongshoreError(error).message)),
      onTaskFailed(task) {
        failedTask ??= task;
      },
    };
    return startJob({ scope, record, store, lock, resumed, failedTask: () => failedTask });
  } catch (error) {
    await store.close();
    await lock[Symbol.asyncDispose]();
    throw error;
  }
}

interface LoadOptions {
  readonly jobFolder: string;
  readonly store: StateStore;
  readonly signal: AbortSignal | undefined;
}

/** The record of the run before if it can go on, else a new one, after what was left behind is removed. */
async function loadOrCreate(
  shared: Shared,
  job: Job,
  node: NodeFacts,
  { jobFolder, store, signal }: LoadOptions,
): Promise<{ readonly record: JobRecord; readonly resumed: boolean }> {
  const { context } = shared;
  const { record: old, setAside } = await store.load();
  if (setAside !== undefined)
    context.logger.warn("the job's state could not be read and was set aside; the job starts anew", {
      file: setAside,
    });
  const jobHash = toJobHash(job, node, context);
  if (old !== undefined && old.jobHash === jobHash && !old.stopping && old.allocations.length > 0) {
    for (const alloc of old.allocations) adopt(shared, job, alloc);
    return { record: old, resumed: true };
  }
  if (old !== undefined) {
    await removeOldRun(context, old, { jobFolder, signal });
    await store.clear();
  }
  return { record: await createRecord(shared, job, jobHash), resumed: false };
}

function adopt({ ports, cores }: Shared, job: Job, alloc: AllocRecord): void {
  const name = toAllocName(job, alloc.group, alloc.index);
  for (const port of listPorts(alloc.ports)) ports.adopt(port.value, `"${port.label}" (${name})`);
  for (const task of Object.values(alloc.tasks)) cores.adopt(task.cores);
}

async function createRecord(shared: Shared, job: Job, jobHash: string): Promise<JobRecord> {
  const record: JobRecord = {
    version: 1,
    jobId: job.id,
    jobHash,
    allocations: [],
    stopping: false,
  };
  try {
    for (const group of job.groups)
      for (let index = 0; index < group.count; index += 1)
        record.allocations.push(await createAllocRecord(shared, job, group, index));
    return record;
  } catch (error) {
    for (const alloc of record.allocations) giveBack(shared, alloc.ports, alloc);
    throw error;
  }
}

async function createAllocRecord(
  { context, ports, cores }: Shared,
  job: Job,
  group: Job["groups"][number],
  index: number,
): Promise<AllocRecord> {
  const name = toAllocName(job, group.name, index);
  const chosen = await choosePorts(planPorts(group, context.settings), ports, name);
  const record: AllocRecord = {
    id: randomUUID(),
    group: group.name,
    index,
    createdAtMs: context.clock.now().getTime(),
    ports: chosen,
    networkRequested: false,
    network: null,
    tasks: {},
  };
  try {
    for (const task of group.tasks)
      record.tasks[task.name] = newTaskRecord({
        cores: cores.take(task.resources.cores, `task "${task.name}" (${name})`),
        stopWith: {
          graceMs: Math.min(task.killTimeoutMs, context.maxKillTimeoutMs),
          killSignal: task.killSignal ?? null,
        },
      });
    return record;
  } catch (error) {
    giveBack({ ports, cores }, chosen, record);
    throw error;
  }
}

function giveBack(
  { ports, cores }: Pick<Shared, "ports" | "cores">,
  chosen: AllocPorts,
  record: AllocRecord,
): void {
  for (const port of listPorts(chosen)) ports.release(port.value);
  for (const task of Object.values(record.tasks)) cores.release(task.cores);
}

/** All that a running container's definition depends on. */
function toJobHash(job: Job, node: NodeFacts, { settings }: AgentContext): string {
  const { hostAddress, hostNetworks, hostVolumes, datacenter } = settings;
  const text = JSON.stringify([job, node.name, hostAddress, hostNetworks, hostVolumes, datacenter ?? null]);
  return createHash("sha256").update(text).digest("hex");
}
