import { setTimeout as pause } from "node:timers/promises";
import type { CaseOptions, Figure } from "./cases.ts";
import { allSides, NomadGround, type Side } from "./ground.ts";
import { describeGroups, type Groups, readGroupsCpuMs, sumGroups, toIncrease } from "./groups.ts";
import { toRatio } from "./in-turn.ts";
import { sleepScript } from "./job.ts";

const tasks = 50;
/** Until what follows a start is over. */
const settleMs = 10_000;
const measuredMs = 20_000;
const rounds = 3;

type AllGroups = ReadonlyMap<Side, Groups<number>>;

/** CPU time while 50 tasks sleep, of all sides in the same seconds. */
export async function compareRest(options: CaseOptions): Promise<readonly Figure[]> {
  const { signal, tell } = options;
  await using ground = await NomadGround.open(options);
  const measure = async (when: string): Promise<AllGroups> => {
    const before = await readAll(ground);
    await pause(measuredMs, undefined, { signal });
    const perSecond = toIncreases(before, await readAll(ground), measuredMs / 1000);
    for (const [side, groups] of perSecond) tell(`${when}: ${side}, ms a second: ${describeGroups(groups)}`);
    return perSecond;
  };
  await pause(settleMs, undefined, { signal });
  const idle = await measure("no task");
  for (const side of allSides) await ground.run(side, { count: tasks, script: sleepScript });
  await pause(settleMs, undefined, { signal });
  const found: AllGroups[] = [];
  for (let round = 1; round <= rounds; round++) found.push(await measure(`${round} of ${rounds}`));
  const shared = { limit: 0.5, sideUnit: "ms a second" };
  return [
    {
      name: "rest",
      title: `CPU at rest that ${tasks} tasks add to the driver, its helpers and its agent, FIFO logs`,
      ...shared,
      ...toRatio(
        toReadings(
          found.map((round) => toIncreases(idle, round, 1)),
          ({ agent, helpers }) => agent + helpers,
        ),
        "fifo",
      ),
    },
    {
      name: "rest-direct",
      title: `CPU at rest with ${tasks} tasks, of the agent and all its processes, direct logs`,
      ...shared,
      ...toRatio(toReadings(found, sumGroups), "direct"),
    },
  ];
}

async function readAll(ground: NomadGround): Promise<AllGroups> {
  const times = allSides.map(async (side) => [side, await readGroupsCpuMs(ground.client(side))] as const);
  return new Map(await Promise.all(times));
}

function toIncreases(before: AllGroups, after: AllGroups, units: number): AllGroups {
  return new Map(
    [...after].map(([side, groups]) => [side, toIncrease(before.get(side) ?? groups, groups, units)]),
  );
}

function toReadings(found: readonly AllGroups[], of: (groups: Groups<number>) => number) {
  const readings = new Map<Side, number[]>(allSides.map((side) => [side, []]));
  for (const round of found) for (const [side, groups] of round) readings.get(side)?.push(of(groups));
  return readings;
}
