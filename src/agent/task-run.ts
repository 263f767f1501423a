import { randomUUID } from "node:crypto";
import type { TaskLogSink } from "../host/index.ts";
import { type ExitResult, isLongshoreError, LongshoreError } from "../task/index.ts";
import { waitAtMost } from "./clock.ts";
import { removeLeftStart, toContainerName, toLeftBehind } from "./left-start.ts";
import { decideRestart, type RestartState, type TaskEnd, toRestartRules } from "./restart-tracker.ts";
import { endContainer, stopContainer } from "./stop-container.ts";
import { toStoredError } from "./stored-error.ts";
import type { TaskRun } from "./task-host.ts";
import { toTaskConfig, toTaskRef } from "./task-place.ts";
import { keepTemplates } from "./task-templates.ts";
import { toLongshoreError } from "./to-error.ts";

const mostPortTries = 5;

/**
 * Runs a task with its restarts until it is complete, has failed for good, or was asked to stop. No container of
 * it is left then. Rejects only when the agent lets go of it (kind `canceled`): the container goes on.
 */
export async function runTask(run: TaskRun): Promise<"complete" | "failed" | "stopped"> {
  const { host, record, signals, context } = run;
  let state: RestartState = {
    intervalStartMs: context.clock.monotonicMs() - record.intervalElapsedMs,
    count: record.attempts,
  };
  for (;;) {
    const end = await runOnce(run);
    if (end === "stopped") return "stopped";
    const { task, job } = host.place();
    const at = { nowMs: context.clock.monotonicMs(), random: context.random() };
    const next = decideRestart(state, end, toRestartRules(job.type, task), at);
    state = next.state;
    record.attempts = state.count;
    record.intervalElapsedMs = at.nowMs - state.intervalStartMs;
    if (next.decision.type === "complete") return "complete";
    if (next.decision.type === "fail") {
      host.emit(
        { type: "not-restarting", reason: next.decision.reason },
        `not restarting: ${next.decision.reason}`,
      );
      return "failed";
    }
    const { delayMs, attempt, reason } = next.decision;
    record.restarts += 1;
    host.emit(
      { type: "restarting", delayMs, attempt, reason },
      `restarting in ${toSeconds(delayMs)} (${reason})`,
    );
    await host.note();
    if (!(await waitUnlessStopped(run, delayMs))) return "stopped";
    signals.detach.throwIfAborted();
  }
}

async function runOnce(run: TaskRun): Promise<TaskEnd | "stopped"> {
  const { signals, record, host } = run;
  try {
    const recovered = await recover(run);
    const sink = recovered ?? (await start(run));
    record.error = null;
    host.onRunning();
    return await follow(run, sink, recovered === undefined);
  } catch (thrown) {
    if (signals.detach.aborted) throw thrown;
    const left = await findLeft(run);
    const error = left ?? toLongshoreError(thrown);
    if (left === undefined) record.starting = null;
    // A start that was given up is no failure, but a container that stays behind is.
    if (signals.stop.aborted && record.handle === null && left === undefined) return "stopped";
    record.error = toStoredError(error);
    host.emit({ type: "failed", error }, error.message);
    if (signals.stop.aborted) return "stopped";
    return { type: "not-started", retryable: error.retryable };
  }
}

/** After a kill the engine is not given the time to undo a start: what it leaves is removed, or told. */
async function findLeft({ context, record, signals }: TaskRun): Promise<LongshoreError | undefined> {
  const { starting } = record;
  if (starting === null || !signals.kill.aborted) return undefined;
  try {
    const signal = AbortSignal.any([signals.detach, signals.giveUp]);
    await removeLeftStart(context.driver, starting, { signal });
    return undefined;
  } catch (error) {
    signals.detach.throwIfAborted();
    return toLeftBehind(toContainerName(starting), error);
  }
}

/** Takes over the container that an earlier run left; undefined when there is none any more. */
async function recover(run: TaskRun): Promise<TaskLogSink | undefined> {
  const { context, host, record, logs, signals } = run;
  const { handle } = record;
  if (handle === null) return undefined;
  const sink = await logs.resume();
  try {
    const logPosition = sink.position;
    const signal = AbortSignal.any([signals.detach, signals.giveUp]);
    await context.driver.recoverTask(handle, { logs: sink.sink, logPosition, signal });
  } catch (error) {
    if (!isLongshoreError(error, "not-found")) throw error;
    record.handle = null;
    throw new LongshoreError("not-found", "its container is gone", { cause: error, retryable: true });
  }
  countRunTime(run, context.clock.now().getTime() - (record.startedAtMs ?? context.clock.now().getTime()));
  const { containerId } = handle.driverState;
  host.emit({ type: "recovered", containerId }, `taken over: container ${containerId.slice(0, 12)}`);
  return sink;
}

async function start(run: TaskRun): Promise<TaskLogSink> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await startOnce(run);
    } catch (thrown) {
      const { stop, detach } = run.signals;
      if (stop.aborted || detach.aborted) throw thrown;
      const error = toLongshoreError(thrown);
      if (tries >= mostPortTries || !(await run.host.replaceTakenPorts(error))) throw error;
      run.record.starting = null;
      run.host.emit({ type: "note" }, `a port was taken meanwhile, trying others (${error.message})`);
    }
  }
}

async function startOnce(run: TaskRun): Promise<TaskLogSink> {
  const { context, host, record, logs, signals } = run;
  const signal = AbortSignal.any([signals.stop, signals.detach]);
  if (signals.stop.aborted && record.starting !== null)
    await removeLeftStart(context.driver, record.starting, {
      signal: AbortSignal.any([signals.detach, signals.giveUp]),
    });
  signal.throwIfAborted();
  // A start that an earlier run did not see the end of is made again with the same ids: the driver takes over
  // the container if it is there.
  if (record.starting === null) {
    const place = host.place();
    const prepared = await host.prepare(place, signal);
    const { allocId, task } = toTaskRef(place);
    const taskId = `${allocId}/${task}/${randomUUID().slice(0, 8)}`;
    record.starting = toTaskConfig(place, prepared.env, { taskId, network: host.network() });
  }
  await host.save();
  const sink = await logs.open();
  const started = await context.driver.startTask(record.starting, { logs: sink.sink, signal });
  record.handle = started.handle;
  record.starting = null;
  record.startedAtMs = context.clock.now().getTime();
  record.exit = null;
  await host.note();
  return sink;
}

/** Waits for the container's end, or ends it when asked to; removes it. */
async function follow(run: TaskRun, sink: TaskLogSink, isNew: boolean): Promise<TaskEnd | "stopped"> {
  const { record, context, signals } = run;
  const taskId = record.handle?.config.id ?? "";
  const sinceMs = context.clock.monotonicMs();
  const waiting = context.driver.waitTask(taskId, { signal: signals.detach });
  using templates = keepTemplates(run, taskId, isNew);
  using asked = new StopWatch(AbortSignal.any([signals.stop, templates.wishing]));
  const exit = await Promise.race([waiting, afterStop(run, taskId, waiting, asked)]);
  const stopped = signals.stop.aborted;
  const wish = templates.wish();
  templates[Symbol.dispose]();
  record.exit = exit ?? null;
  countRunTime(run, context.clock.monotonicMs() - sinceMs);
  await outputEnded(run, sink);
  await endContainer(run, taskId);
  record.handle = null;
  // What comes next is noted with it, or removes the note.
  void run.host.note();
  if (stopped) return "stopped";
  if (wish?.type === "fail") throw wish.error;
  if (wish?.type === "restart") return { type: "renewed", reason: wish.reason };
  return { type: "exited", successful: isSuccess(exit) };
}

/** Never resolves unless it is asked to stop, or for a start anew. */
async function afterStop(
  run: TaskRun,
  taskId: string,
  waiting: Promise<ExitResult>,
  asked: StopWatch,
): Promise<ExitResult | undefined> {
  waiting.catch(() => undefined);
  await asked.aborted;
  const gone = await stopContainer(run, taskId, waiting);
  return gone ? await waiting.catch(() => undefined) : undefined;
}

/** What is counted is not counted again by a run that takes over. */
function countRunTime({ record, context }: TaskRun, ms: number): void {
  record.runTimeMs += Math.max(0, Math.round(ms));
  record.startedAtMs = context.clock.now().getTime();
}

const longestOutputWaitMs = 10_000;

/** The last output comes a little after the exit. */
async function outputEnded({ context, signals }: TaskRun, sink: TaskLogSink): Promise<void> {
  const signal = AbortSignal.any([signals.kill, signals.detach]);
  await waitAtMost(context.clock, sink.ended, { ms: longestOutputWaitMs, signal });
}

async function waitUnlessStopped({ context, signals }: TaskRun, ms: number): Promise<boolean> {
  const signal = AbortSignal.any([signals.stop, signals.detach]);
  await context.clock.sleep(ms, { signal }).catch(() => undefined);
  return !signals.stop.aborted;
}

/** Waits for a signal, and leaves no listener on it behind. */
class StopWatch implements Disposable {
  readonly aborted: Promise<void>;
  readonly #stopListening = new AbortController();

  constructor(signal: AbortSignal) {
    this.aborted = new Promise((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve(), { once: true, signal: this.#stopListening.signal });
    });
  }

  [Symbol.dispose](): void {
    this.#stopListening.abort();
  }
}

function isSuccess(exit: ExitResult | undefined): boolean {
  return exit !== undefined && exit.exitCode === 0 && exit.signal === 0 && exit.error === undefined;
}

function toSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
