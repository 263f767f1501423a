import { setTimeout as pause } from "node:timers/promises";
import type { TaskHandle } from "../src/task/index.ts";
import type { CaseOptions } from "./cases.ts";
import { type Finding, timed, toSpread } from "./compare.ts";
import type { Ground } from "./ground.ts";
import { endTasks, sum } from "./in-process.ts";
import { nullSink, sleeper, startBare, startWithDriver, toCreateRequest } from "./start.ts";

const atOnce = 10;

/** Starts so many tasks that last, ten at once; answers their handles. */
export async function startCrowd(
  ground: Ground,
  count: number,
  command: readonly string[] = sleeper,
): Promise<readonly TaskHandle[]> {
  const handles: TaskHandle[] = [];
  while (handles.length < count) {
    const lanes = Array.from({ length: Math.min(atOnce, count - handles.length) }, async () => {
      const task = await ground.makeTask(command);
      return (await ground.driver.startTask(task, { logs: nullSink })).handle;
    });
    handles.push(...(await Promise.all(lanes)));
  }
  return handles;
}

/**
 * A start while 200 tasks run to one while none does; the empty engine is measured before and after. Bare starts, made
 * in turn with them, tell how much of it is the engine's own.
 */
export async function compareCrowd(ground: Ground, { rounds }: CaseOptions): Promise<Finding> {
  await measureStarts(ground, 3);
  const before = await measureStarts(ground, Math.ceil(rounds / 2));
  const handles = await startCrowd(ground, 200);
  const beside = await measureStarts(ground, rounds);
  await endTasks(
    ground,
    handles.map(({ config }) => config.id),
  );
  const after = await measureStarts(ground, Math.ceil(rounds / 2));
  const alone = toSpread([...before.ours, ...after.ours]);
  const bareAlone = toSpread([...before.bare, ...after.bare]);
  const bareTimes = toSpread(beside.bare).median / bareAlone.median;
  const value = toSpread(beside.ours.map((ms) => ms / alone.median));
  const unit = `times (a bare start: ${bareTimes.toFixed(2)} times)`;
  const sides = { ours: toSpread(beside.ours), theirs: alone };
  return { name: "crowd", unit, value, limit: 1.2, samples: rounds, sides };
}

async function measureStarts(ground: Ground, rounds: number) {
  const ours: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const task = await ground.makeTask(sleeper);
    ours.push(await startWithDriver(ground, task));
    await endTasks(ground, [task.id]);
    const other = await ground.makeTask(sleeper);
    bare.push(await startBare(ground, other));
    await ground.call("DELETE", `/containers/${toCreateRequest(ground, other).name}?force=true&v=true`);
  }
  return { ours, bare };
}

const restMs = 20_000;

/** What this process takes, and asks the engine for, while 100 tasks sleep. */
export async function measureRest(ground: Ground): Promise<Finding> {
  const handles = await startCrowd(ground, 100);
  await pause(2000);
  const calls = sum(ground.engine.calls);
  const cpu = process.cpuUsage();
  const ms = await timed(async () => await pause(restMs));
  const { user, system } = process.cpuUsage(cpu);
  const perSecond = (sum(ground.engine.calls) - calls) / (ms / 1000);
  await endTasks(
    ground,
    handles.map(({ config }) => config.id),
  );
  const value = toSpread([(user + system) / 10 / ms]);
  const unit = `% of a core, with ${perSecond.toFixed(2)} engine calls a second`;
  return { name: "rest", unit, value, limit: 1, samples: 1 };
}
