import { setTimeout as pause } from "node:timers/promises";
import { slope } from "../in-process.ts";
import type { CaseOptions, Figure } from "./cases.ts";
import { allSides, NomadGround, type Side } from "./ground.ts";
import { describeGroups, type Groups, readGroupsPss, sumGroups } from "./groups.ts";
import { type Readings, toRatio } from "./in-turn.ts";
import { sleepScript } from "./job.ts";

const step = 10;
const steps = 5;
/** Until what a start needed for a moment has been given back. */
const restMs = 5000;
const bytesPerMb = 1e6;

interface Reading {
  readonly tasks: number;
  readonly megabytes: Groups<number>;
}

/** Proportional set size that each further task takes, by a slope from 10 to 50 tasks. */
export async function compareMemory(options: CaseOptions): Promise<readonly Figure[]> {
  const sides = new Map<Side, readonly Reading[]>();
  for (const side of allSides) sides.set(side, await readSide(options, side));
  const shared = { limit: 0.05, sideUnit: "MB" };
  return [
    {
      name: "memory",
      title: "memory for each further task, of the driver's helpers: the plugin to docker_logger",
      ...shared,
      ...toRatio(
        toSlopes(sides, ({ helpers }) => helpers),
        "fifo",
      ),
    },
    {
      name: "memory-direct",
      title: "memory for each further task, of everything but its container, direct logs",
      ...shared,
      ...toRatio(toSlopes(sides, sumGroups), "direct"),
    },
  ];
}

function toSlopes(
  sides: ReadonlyMap<Side, readonly Reading[]>,
  of: (megabytes: Groups<number>) => number,
): Readings {
  return new Map(
    [...sides].map(([side, readings]) => [
      side,
      [slope(readings.map(({ tasks, megabytes }) => ({ tasks, bytes: of(megabytes) })))],
    ]),
  );
}

/** One side at a time: processes of one program share its pages with each other. */
async function readSide(options: CaseOptions, side: Side): Promise<readonly Reading[]> {
  await using ground = await NomadGround.open({ ...options, sides: [side] });
  const readings: Reading[] = [];
  for (let tasks = step; tasks <= step * steps; tasks += step) {
    await ground.run(side, { count: step, script: sleepScript });
    await pause(restMs, undefined, { signal: options.signal });
    const { agent, helpers, collectors } = await readGroupsPss(ground.client(side));
    const megabytes = {
      agent: agent / bytesPerMb,
      helpers: helpers / bytesPerMb,
      collectors: collectors / bytesPerMb,
    };
    readings.push({ tasks, megabytes });
    options.tell(`${side}, ${tasks} tasks, MB: ${describeGroups(megabytes)}`);
  }
  return readings;
}
