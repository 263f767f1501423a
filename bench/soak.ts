import { type Finding, toSpread } from "./compare.ts";
import type { Ground } from "./ground.ts";
import { endTasks, residentBytes, slope } from "./in-process.ts";
import { nullSink } from "./start.ts";

const cycles = 1000;
const atOnce = 5;
/** Until then code is compiled and the heap finds its size. */
const warmUp = 300;
const between = 50;

/** Slope of this process's RSS over a thousand tasks that start, end and are destroyed. */
export async function measureSoak(ground: Ground): Promise<Finding> {
  const readings: { readonly tasks: number; readonly bytes: number }[] = [];
  for (let done = 0; done < cycles; ) {
    await Promise.all(Array.from({ length: atOnce }, async () => await liveOnce(ground)));
    done += atOnce;
    if (done >= warmUp && done % between === 0) readings.push({ tasks: done, bytes: residentBytes() });
  }
  const value = toSpread([slope(readings) / 1000]);
  return { name: "soak", unit: "kB a cycle", value, limit: 1, samples: readings.length };
}

async function liveOnce(ground: Ground): Promise<void> {
  const task = await ground.makeTask(["true"]);
  await ground.driver.startTask(task, { logs: nullSink });
  await ground.driver.waitTask(task.id);
  await endTasks(ground, [task.id]);
}
