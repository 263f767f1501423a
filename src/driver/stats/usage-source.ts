import { type CallOptions, isLongshoreError } from "../../task/index.ts";
import type { DriverContext } from "../context.ts";
import type { DockerTask } from "../tasks/docker-task.ts";
import { readCgroupUsage, readNetwork } from "./cgroup-usage.ts";
import { toUsage } from "./engine-usage.ts";
import { findCgroup } from "./find-cgroup.ts";
import { createKernelFiles } from "./kernel-files.ts";
import type { Usage } from "./usage.ts";

/** Undefined when the container is gone. */
type ReadUsage = (options: CallOptions) => Promise<Usage | undefined> | Usage | undefined;

/**
 * Tells what a task's container has used: from the kernel's files where the engine runs on this machine, which costs
 * it nothing, otherwise by asking it.
 */
export class UsageSource {
  readonly #context: DriverContext;
  readonly #task: DockerTask;
  #readUsage: ReadUsage | undefined;

  constructor(context: DriverContext, task: DockerTask) {
    this.#context = context;
    this.#task = task;
  }

  /** Undefined when the engine is away or the container gone. */
  async read(options: CallOptions): Promise<Usage | undefined> {
    try {
      this.#readUsage ??= await openUsage(this.#context, this.#task, options);
      return await this.#readUsage(options);
    } catch (error) {
      const passes = options.signal?.aborted || (isLongshoreError(error) && error.kind !== "invalid");
      if (passes) return undefined;
      throw error;
    }
  }
}

async function openUsage(
  { engine, topology }: DriverContext,
  { containerId }: DockerTask,
  options: CallOptions,
): Promise<ReadUsage> {
  const { State, HostConfig } = await engine.inspectContainer(containerId, options);
  const files = createKernelFiles();
  const cgroup = findCgroup(files, State.Pid, containerId);
  if (cgroup === undefined) {
    return async (call) => toUsage(await engine.containerStats(containerId, call), topology.cores);
  }
  // With the host's network the numbers would be the host's.
  const hasNetwork = HostConfig.NetworkMode !== "host";
  return () => {
    const usage = readCgroupUsage(files, cgroup);
    if (usage === undefined || !hasNetwork) return usage;
    return { ...usage, network: readNetwork(files, State.Pid) };
  };
}
