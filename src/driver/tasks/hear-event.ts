import type { EngineEvent } from "../../engine/index.ts";
import type { DriverContext } from "../context.ts";
import { withoutSecrets } from "../without-secrets.ts";
import type { DockerTask } from "./docker-task.ts";
import { settleTask } from "./settle.ts";

const healthPrefix = "health_status: ";
/** The kernel tells of one want of memory again and again; what is so close together is one. */
const sameOomNs = 10_000_000_000n;

/** Does what an event of the engine means for the task whose container it is about. Hearing one twice is fine. */
export function hearEvent(context: DriverContext, event: EngineEvent): void {
  const { Action, Actor } = event;
  const task = context.byContainer.get(Actor.ID);
  if (task === undefined) {
    context.networks.hear(event);
  } else if (Action === "exec_die") {
    context.execExits.hear(Actor.Attributes);
  } else if (Action === "oom") {
    hearOom(context, task, event);
  } else if (Action.startsWith(healthPrefix)) {
    void tellHealth(context, task, event);
  } else if (Action === "die") {
    task.heardCode ??= Number(Actor.Attributes.exitCode ?? -1);
    task.hearDeath();
    // One that dies while its start is under way is looked at when the start is done.
    if (task.state.phase !== "pending") void settleTask(context, task);
  }
}

function hearOom(context: DriverContext, task: DockerTask, { Actor, timeNs }: EngineEvent): void {
  const isNew = timeNs - task.lastOomNs > sameOomNs;
  task.oomTold.resolve();
  task.lastOomNs = timeNs;
  if (isNew) context.emit(task, { type: "oom", containerId: Actor.ID });
}

/** Tells what a task's health has become, with what its last check had to say. */
async function tellHealth(
  context: DriverContext,
  task: DockerTask,
  { Action, Actor }: EngineEvent,
): Promise<void> {
  const { signal } = task;
  const status = Action.slice(healthPrefix.length);
  const found = await context.engine.inspectContainer(Actor.ID, { signal }).catch(() => undefined);
  // A check that the stop itself cuts off says nothing.
  const isEnding = task.state.phase === "stopping" || task.state.phase === "exited";
  if (signal.aborted || isEnding) return;
  const output = found?.State.Health?.Log?.at(-1)?.Output ?? "";
  const { env } = task.config;
  context.emit(task, { type: "health", status, output: withoutSecrets(output.trim(), { env }) });
}
