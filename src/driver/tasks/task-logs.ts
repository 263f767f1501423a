import { join } from "node:path";
import {
  type CallOptions,
  Deferred,
  isLongshoreError,
  type LogChunk,
  type LogPosition,
  type LogSink,
  LongshoreError,
  settlesWithin,
} from "../../task/index.ts";
import type { DriverContext } from "../context.ts";
import { followLogs } from "../logs/follow-logs.ts";
import { LogReader } from "../logs/log-reader.ts";
import { ReaderPace } from "../logs/reader-pace.ts";
import type { DockerTask, TaskContainer } from "./docker-task.ts";
import { settleTask } from "./settle.ts";

/** How long a `die` event may come after the end of the output it belongs to. */
const dieEventMs = 1000;
/** How long the sink before may take with its last piece when another one takes over. */
const lastWriteMs = 1000;

export interface TaskLogOptions {
  readonly logs?: LogSink | undefined;
  readonly logPosition?: LogPosition | undefined;
}

/** Where to begin in a task's output. Aborting ends the reading. */
export interface FollowLogsOptions extends CallOptions {
  /** Where to go on; the output's beginning when missing. */
  readonly position?: LogPosition | undefined;
}

/** A piece of a task's output. */
export interface TaskOutput extends LogChunk {
  /** Where to go on after it; JSON-safe. Undefined where the engine tells no times. */
  readonly position: LogPosition | undefined;
}

/** Lets another sink, if there is one, have a task's output from its position on; the one before gets no more. */
export async function handOverLogs(
  context: DriverContext,
  task: DockerTask,
  options: TaskLogOptions,
): Promise<void> {
  if (options.logs === undefined) return;
  const before = task.logs;
  before?.stop();
  // Known from now on as the one that has the rest: whoever waits for all of the output waits for it.
  const begin = before && settlesWithin(before.done, lastWriteMs);
  readTaskLogs(context, task, options, begin);
  await begin;
}

/** Begins to copy a task's output to the host's sink, if there is one; at once, or when `begin` resolves. */
export function readTaskLogs(
  context: DriverContext,
  task: DockerTask,
  options: TaskLogOptions,
  begin?: Promise<unknown>,
): void {
  const { logs: sink, logPosition: position } = options;
  const { container, signal } = task;
  if (sink === undefined || container === undefined || context.agent.disable_log_collection) return;
  const follow = toFollowOptions(context, task, container);
  task.logs = new LogReader({ ...follow, sink, position, signal, begin });
}

/**
 * A task's output for who wants to have it besides the host; rejects when it cannot be read, and with `not-found` when
 * the task is destroyed before all of it was.
 */
export async function* followTaskLogs(
  context: DriverContext,
  task: DockerTask,
  { position, signal }: FollowLogsOptions,
): AsyncGenerator<TaskOutput> {
  const signals = [task.signal, signal].filter((each) => each !== undefined);
  const container = { id: task.containerId, tty: task.container?.tty ?? false };
  const options = toFollowOptions(context, task, container);
  using pace = new ReaderPace(task.deathSignal);
  const done = new Deferred<void>();
  const follower = { isTaken: (stuckMs: number) => pace.keepsUp(done.promise, stuckMs) };
  task.followers.add(follower);
  try {
    for await (const pieces of followLogs({ ...options, position, signal: AbortSignal.any(signals) })) {
      pace.begin();
      for (const { chunk, position: after } of pieces) {
        yield { ...chunk, position: after };
        pace.begin();
      }
      pace.end();
    }
    if (isLongshoreError(task.signal.reason, "not-found") && !signal?.aborted) {
      throw new LongshoreError(
        "not-found",
        `task "${task.config.name}" was destroyed while its output was read`,
      );
    }
  } finally {
    task.followers.delete(follower);
    done.resolve();
  }
}

function toFollowOptions(context: DriverContext, task: DockerTask, { id, tty }: TaskContainer) {
  const { engine, watch } = context;
  return {
    engine,
    containerId: id,
    tty,
    logFile: toLogFile(context, id),
    mayGoOn: () => stillRuns(context, task),
    engineBack: (call: CallOptions) => watch.reopened(call),
    ended: task.deathSignal,
    engineSilentMs: context.outputLimits.engineSilentMs,
    onNote: (message: string) => context.emit(task, { type: "note" }, message),
  };
}

/** Where the engine keeps what its json-file log driver is given, if it may be on this machine. Source: moby's daemon. */
function toLogFile({ agent, engine, watch: { state } }: DriverContext, id: string): string | undefined {
  const isNear = engine.endpoint.startsWith("unix:");
  if (!agent.logs.from_files || !isNear || state.phase !== "open") return undefined;
  return join(state.info.DockerRootDir, "containers", id, `${id}-json.log`);
}

/** Usually the `die` event says no; the engine is asked only when none comes. */
async function stillRuns(context: DriverContext, task: DockerTask): Promise<boolean> {
  if (task.hasDied || (await settlesWithin(task.died, dieEventMs))) return false;
  const { signal } = task;
  try {
    const { State } = await context.engine.inspectContainer(task.containerId, { signal });
    // The event got lost: it is not to be waited for.
    if (!State.Running) void settleTask(context, task);
    return State.Running;
  } catch {
    // The next look at the stream tells: it answers not-found, or breaks again.
    return true;
  }
}
