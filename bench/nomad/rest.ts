import { setTimeout as pause } from "node:timers/promises";
import type { CaseOptions, Figure } from "./cases.ts";
import { allSides, NomadGround, type Side } from "./ground.ts";
import { describeGroups, type Groups, readGroupsCpuMs, sumGroups, toIncrease } from "./groups.ts";
import { type Readings, toRatio } from "./in-turn.ts";
import { sleepScript } from "./job.ts";

const tasks = 50;
/** Until what follows a start is over. */
const settleMs = 10_000;
const measuredMs = 20_000;
const rounds = 3;

type AllGroups = Readonly<Record<Side, Groups<number>>>;

/** CPU time while 50 tasks sleep, of all sides in the same seconds. */
export async function compareRest(options: CaseOptions): Promise<readonly Figure[]> {
  const { signal, tell } = options;
  await using ground = await NomadGround.open(options);
  for (const side of allSides) await ground.run(side, { count: tasks, script: sleepScript });
  await pause(settleMs, undefined, { signal });
  const found: AllGroups[] = [];
  for (let round = 1; round <= rounds; round++) {
    const before = await readAll(ground);
    await pause(measuredMs, undefined, { signal });
    const perSecond = toIncreases(before, await readAll(ground));
    for (const side of allSides)
      tell(`${round} of ${rounds}: ${side}, ms a second: ${describeGroups(perSecond[side])}`);
    found.push(perSecond);
  }
  const shared = { limit: 0.5, sideUnit: "ms a second" };
  return [
    {
      name: "rest",
      title: `CPU at rest with ${tasks} tasks, of the driver and its helpers, FIFO logs`,
      ...shared,
      ...toRatio(toReadings(found, toDriverPart), "fifo"),
    },
    {
      name: "rest-direct",
      title: `CPU at rest with ${tasks} tasks, of the agent and all its processes, direct logs`,
      ...shared,
      ...toRatio(
        toReadings(found, (round, side) => sumGroups(round[side])),
        "direct",
      ),
    },
  ];
}

/** The built-in driver's part of its agent is what that takes beyond an agent whose driver is a process of its own. */
function toDriverPart(round: AllGroups, side: Side): number {
  const { agent, helpers } = round[side];
  return side === "built-in" ? helpers + agent - round.fifo.agent : helpers;
}

async function readAll(ground: NomadGround): Promise<AllGroups> {
  const [builtIn, fifo, direct] = await Promise.all([
    readGroupsCpuMs(ground.client("built-in")),
    readGroupsCpuMs(ground.client("fifo")),
    readGroupsCpuMs(ground.client("direct")),
  ]);
  return { "built-in": builtIn, fifo, direct };
}

function toIncreases(before: AllGroups, after: AllGroups): AllGroups {
  const increase = (side: Side) => toIncrease(before[side], after[side], measuredMs / 1000);
  return { "built-in": increase("built-in"), fifo: increase("fifo"), direct: increase("direct") };
}

function toReadings(found: readonly AllGroups[], of: (round: AllGroups, side: Side) => number): Readings {
  return new Map(allSides.map((side) => [side, found.map((round) => of(round, side))]));
}
