import type { ContainerInspect, CreateRequest } from "../../engine/index.ts";
import { isLongshoreError, LongshoreError, pause } from "../../task/index.ts";
import { allocIdLabel } from "../container/labels.ts";
import type { ContainerPlan } from "../container/plan-container.ts";
import type { DriverContext } from "../context.ts";
import type { DockerTask } from "./docker-task.ts";

const firstDelayMs = 50;

/** A container that was made, or one of the same task that runs already. */
export interface MadeContainer {
  readonly id: string;
  readonly runs: boolean;
  readonly warnings: readonly string[];
}

/**
 * Creates the task's container. A dead container of its name is removed first; a running one of the same
 * allocation is taken over. Does not take the caller's signal for the call that creates: its answer must be known.
 */
export async function makeContainer(
  context: DriverContext,
  task: DockerTask,
  plan: ContainerPlan,
  request: CreateRequest,
  signal: AbortSignal,
): Promise<MadeContainer> {
  const attempts = plan.options.container_exists_attempts ?? context.agent.container_exists_attempts;
  for (let attempt = 1; ; attempt++) {
    try {
      const { id, warnings } = await context.engine.createContainer(plan.name, request);
      return { id, runs: false, warnings };
    } catch (error) {
      if (!isLongshoreError(error, "conflict") || attempt > attempts) throw error;
      const running = await clearName(context, task, plan.name);
      if (running !== undefined) return { id: running.Id, runs: true, warnings: [] };
      await pause(firstDelayMs * 2 ** (attempt - 1), signal);
    }
  }
}

/** Removes what has the name and is dead; answers a running container that is the task's. */
async function clearName(
  { engine, byContainer, leftovers }: DriverContext,
  task: DockerTask,
  name: string,
): Promise<ContainerInspect | undefined> {
  const found = await inspectByName(engine, name);
  if (found === undefined) return undefined;
  const holder = byContainer.get(found.Id);
  const foreign = found.Config.Labels[allocIdLabel] !== task.config.allocId;
  if (foreign || holder !== undefined) {
    const who = foreign ? "one that is not of this allocation" : `that of task ${holder?.config.id}`;
    const message = `the container name "${name}" is taken by ${who}`;
    throw new LongshoreError("conflict", message, {
      retryable: false,
      hint: `See \`docker inspect ${name}\`.`,
    });
  }
  if (await leftovers.isBeingRemoved(found.Id)) return undefined;
  if (found.State.Running) return found;
  await engine.removeContainer(found.Id, { force: true });
  return undefined;
}

async function inspectByName(
  engine: DriverContext["engine"],
  name: string,
): Promise<ContainerInspect | undefined> {
  try {
    return await engine.inspectContainer(name);
  } catch (error) {
    if (isLongshoreError(error, "not-found")) return undefined;
    throw error;
  }
}
