import { setTimeout as pause } from "node:timers/promises";
import type { CaseOptions, Figure } from "./cases.ts";
import { allSides, NomadGround, type Side } from "./ground.ts";
import { type Readings, toRatio } from "./in-turn.ts";
import { sleepScript } from "./job.ts";
import { readCpuMs } from "./processes.ts";

const tasks = 50;
/** Until what follows a start is over. */
const settleMs = 10_000;
const measuredMs = 20_000;
const rounds = 3;

/** CPU time of agent, plugin and helpers while 50 tasks sleep, of all sides in the same seconds. */
export async function compareRest(options: CaseOptions): Promise<readonly Figure[]> {
  const { signal, tell } = options;
  await using ground = await NomadGround.open(options);
  for (const side of allSides) await ground.run(side, { count: tasks, script: sleepScript });
  await pause(settleMs, undefined, { signal });
  const readings = new Map<Side, number[]>(allSides.map((side) => [side, []]));
  for (let round = 1; round <= rounds; round++) {
    const before = await readAll(ground);
    await pause(measuredMs, undefined, { signal });
    const after = await readAll(ground);
    const found = allSides.map((side) => {
      const ms = ((after.get(side) ?? 0) - (before.get(side) ?? 0)) / (measuredMs / 1000);
      readings.get(side)?.push(ms);
      return `${side} ${ms.toFixed(2)} ms a second`;
    });
    tell(`${round} of ${rounds}: ${found.join(", ")}`);
  }
  return [toFigure(readings, "fifo"), toFigure(readings, "direct")];
}

function toFigure(readings: Readings, side: "fifo" | "direct"): Figure {
  return {
    name: side === "fifo" ? "rest" : "rest-direct",
    title: `CPU at rest with ${tasks} tasks, agent and all its helpers, ${side === "fifo" ? "FIFO" : side} logs`,
    limit: 0.5,
    sideUnit: "ms a second",
    ...toRatio(readings, side),
  };
}

async function readAll(ground: NomadGround): Promise<ReadonlyMap<Side, number>> {
  const times = allSides.map(async (side) => {
    const processes = await ground.client(side).allProcesses();
    return [side, await readCpuMs(processes.map(({ pid }) => pid))] as const;
  });
  return new Map(await Promise.all(times));
}
