import { LongshoreError, longestTimerMs, type StatsOptions, type TaskStats } from "../../task/index.ts";
import type { DriverContext } from "../context.ts";
import type { DockerTask } from "../tasks/docker-task.ts";
import type { Ticker } from "./ticker.ts";
import { toCpuStats, type Usage } from "./usage.ts";
import { UsageSource } from "./usage-source.ts";

/**
 * One reading per interval, each about the time since the one before, until the task ends. Where the engine must be
 * asked for them, intervals in which it is away have none.
 */
export async function* readTaskStats(
  context: DriverContext,
  task: DockerTask,
  ticker: Ticker,
  options: StatsOptions,
): AsyncGenerator<TaskStats> {
  const { intervalMs } = options;
  if (!(intervalMs > 0 && intervalMs <= longestTimerMs)) {
    throw new LongshoreError("invalid", `stats cannot be read every ${intervalMs} ms`);
  }
  const signals = [task.signal, task.deathSignal, options.signal].filter((signal) => signal !== undefined);
  const signal = AbortSignal.any(signals);
  const source = new UsageSource(context, task);
  let before = await source.read({ signal });
  let beforeMs = performance.now();
  for (;;) {
    await ticker.next(intervalMs, signal).catch(() => undefined);
    if (signal.aborted) return;
    // The first tick that others wait for already may come too soon to tell anything.
    if (performance.now() - beforeMs < intervalMs / 2) continue;
    const now = await source.read({ signal });
    if (now === undefined) continue;
    if (before !== undefined) yield toTaskStats(context, task, before, now);
    before = now;
    beforeMs = performance.now();
  }
}

function toTaskStats(context: DriverContext, task: DockerTask, before: Usage, now: Usage): TaskStats {
  const { at, memory, network, blockIo } = now;
  const cpu = toCpuStats(before.cpu, now.cpu, context.topology);
  return { id: task.config.id, at, cpu, memory, network, blockIo };
}
