import type { CaseOptions } from "./cases.ts";
import { compare, type Finding, timed, toSpread } from "./compare.ts";
import type { Ground } from "./ground.ts";
import { sleeper, startBare, startWithDriver } from "./start.ts";

/** Slope of this process's RSS, read after a collection at every tenth task up to 100. */
export async function measureMemory(ground: Ground): Promise<Finding> {
  // Code is compiled, and what stays of one task is there, before the first reading.
  for (let n = 0; n < 20; n++) await endTasks(ground, await startMany(ground, 1));
  const ids: string[] = [];
  const readings: { readonly tasks: number; readonly bytes: number }[] = [];
  for (let tasks = 10; tasks <= 100; tasks += 10) {
    ids.push(...(await startMany(ground, 10)));
    readings.push({ tasks, bytes: residentBytes() });
  }
  await endTasks(ground, ids);
  const value = toSpread([slope(readings) / 1e6]);
  return { name: "memory", unit: "MB", value, limit: 0.5, samples: readings.length };
}

/** Bytes for each further task, by least squares. */
export function slope(readings: readonly { readonly tasks: number; readonly bytes: number }[]): number {
  const meanOf = (values: readonly number[]) =>
    values.reduce((total, value) => total + value, 0) / values.length;
  const tasks = meanOf(readings.map((reading) => reading.tasks));
  const bytes = meanOf(readings.map((reading) => reading.bytes));
  const shared = readings.map((reading) => (reading.tasks - tasks) * (reading.bytes - bytes));
  return meanOf(shared) / meanOf(readings.map((reading) => (reading.tasks - tasks) ** 2));
}

export function residentBytes(): number {
  for (let n = 0; n < 3; n++) globalThis.gc?.();
  return process.memoryUsage.rss();
}

/** A start after the first one, which also subscribes to the engine's events. */
export async function countCalls(ground: Ground): Promise<Finding> {
  // The first start also opens the event stream and asks for the engine's version, once.
  const first = await startMany(ground, 1);
  const before = sum(ground.engine.calls);
  const second = await startMany(ground, 1);
  // The request for the output follows the start.
  await new Promise((resolve) => setImmediate(resolve));
  const value = toSpread([sum(ground.engine.calls) - before]);
  await endTasks(ground, [...first, ...second]);
  return { name: "calls", unit: "calls", value, limit: 4, samples: 1 };
}

export function sum(calls: ReadonlyMap<string, number>): number {
  return [...calls.values()].reduce((total, count) => total + count, 0);
}

/** The driver's start against {@link startBare}, one at a time. */
export async function compareStart(ground: Ground, { rounds }: CaseOptions): Promise<Finding> {
  const found = await compare({
    rounds,
    ours: async () => {
      const task = await ground.makeTask(sleeper);
      const time = await startWithDriver(ground, task);
      await endTasks(ground, [task.id]);
      return time;
    },
    theirs: async () => {
      const time = await startBare(ground, await ground.makeTask(sleeper));
      await ground.clear();
      return time;
    },
  });
  return { name: "start", unit: "times", limit: 1.1, ...found };
}

/** The same, 50 at once on each side. */
export async function compareMany(ground: Ground, { rounds }: CaseOptions): Promise<Finding> {
  const count = 50;
  const makeTasks = async () =>
    await Promise.all(Array.from({ length: count }, async () => await ground.makeTask(sleeper)));
  const found = await compare({
    rounds: Math.max(3, Math.round(rounds / 5)),
    ours: async () => {
      const tasks = await makeTasks();
      const time = await timed(
        async () => await Promise.all(tasks.map(async (task) => await startWithDriver(ground, task))),
      );
      await endTasks(
        ground,
        tasks.map((task) => task.id),
      );
      return time;
    },
    theirs: async () => {
      const tasks = await makeTasks();
      const time = await timed(
        async () => await Promise.all(tasks.map(async (task) => await startBare(ground, task))),
      );
      await ground.clear();
      return time;
    },
  });
  return { name: "many", unit: "times", limit: 1.15, ...found };
}

async function startMany(ground: Ground, count: number): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let n = 0; n < count; n++) {
    const task = await ground.makeTask(sleeper);
    await startWithDriver(ground, task);
    ids.push(task.id);
  }
  return ids;
}

export async function endTasks({ driver }: Ground, ids: readonly string[]): Promise<void> {
  await Promise.all(ids.map(async (id) => await driver.destroyTask(id, { force: true })));
}
