import { getHeapStatistics } from "node:v8";
import { type Finding, toSpread } from "./compare.ts";
import type { Ground } from "./ground.ts";
import { endTasks, residentBytes, slope } from "./in-process.ts";
import { nullSink } from "./start.ts";

const cycles = 1000;
const atOnce = 5;
/** Until then code is compiled and the heap finds its size. */
const warmUp = 1000;
const between = 50;

/** Slope of this process's memory, and of its heap, over a thousand tasks that start, end and are destroyed. */
export async function measureSoak(ground: Ground): Promise<Finding> {
  const readings: { readonly tasks: number; readonly bytes: number }[] = [];
  const heaps: { readonly tasks: number; readonly bytes: number }[] = [];
  for (let done = 0; done < warmUp + cycles; ) {
    await Promise.all(Array.from({ length: atOnce }, async () => await liveOnce(ground)));
    done += atOnce;
    if (done < warmUp || done % between !== 0) continue;
    readings.push({ tasks: done, bytes: residentBytes() - freeHeapBytes() });
    heaps.push({ tasks: done, bytes: process.memoryUsage().heapUsed });
  }
  const value = toSpread([slope(readings) / 1000]);
  const unit = `kB a cycle, of which ${(slope(heaps) / 1000).toFixed(2)} kB of heap`;
  return { name: "soak", unit, value, limit: 1, samples: readings.length };
}

/** What V8 keeps of the memory to use again: tens of megabytes that come and go as garbage does. */
function freeHeapBytes(): number {
  const { total_physical_size: held, used_heap_size: used } = getHeapStatistics();
  return held - used;
}

async function liveOnce(ground: Ground): Promise<void> {
  const task = await ground.makeTask(["true"]);
  await ground.driver.startTask(task, { logs: nullSink });
  await ground.driver.waitTask(task.id);
  await endTasks(ground, [task.id]);
}
