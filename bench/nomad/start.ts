import { setTimeout as pause } from "node:timers/promises";
import type { AllocStub } from "../../test/nomad/bed/allocations.ts";
import type { CaseOptions, Figure } from "./cases.ts";
import { allSides, NomadGround, type Side } from "./ground.ts";
import { measureInTurn, type Readings, toRatio } from "./in-turn.ts";
import { sleepScript } from "./job.ts";
import { startOthers } from "./others.ts";

/** What an agent still does with a task after it has told its end. */
const restMs = 250;

/** From a task's set-up to its start, as its events tell, beside so many containers of others. */
export async function compareStart(options: CaseOptions, others: number): Promise<readonly Figure[]> {
  await using ground = await NomadGround.open(options);
  await using _others = await startOthers(options, others);
  const measure = async (side: Side) => await timeStart(ground, side);
  const readings = await measureInTurn({ ...options, sides: allSides, warmUps: 3, measure });
  return toFigures(readings, {
    name: others === 0 ? "start" : `start-${others}`,
    title: `"Task Setup" to "Started"${others === 0 ? "" : ` beside ${others} other containers`}`,
    limits: { fifo: 0.85, direct: 0.75 },
  });
}

async function timeStart(ground: NomadGround, side: Side): Promise<number> {
  const { allocs } = await ground.run(side, { count: 1, script: "true", ended: true });
  await pause(restMs);
  return timeOf(allocs, "Started") - timeOf(allocs, "Task Setup");
}

const atOnce = 40;

/** From the first of 40 allocations to be received to the last of their tasks to start. */
export async function compareMany(options: CaseOptions): Promise<readonly Figure[]> {
  await using ground = await NomadGround.open(options);
  const rounds = Math.max(3, Math.round(options.rounds / 5));
  const measure = async (side: Side) => {
    const { id, allocs } = await ground.run(side, { count: atOnce, script: sleepScript });
    await ground.stop(id);
    await pause(restMs);
    return timeOf(allocs, "Started") - timeOf(allocs, "Received", Math.min);
  };
  const readings = await measureInTurn({ ...options, rounds, sides: allSides, warmUps: 1, measure });
  return toFigures(readings, {
    name: "many",
    title: `${atOnce} allocations at once, from the first received to the last started`,
    limits: { fifo: 0.85, direct: 0.85 },
  });
}

interface FigureNames {
  readonly name: string;
  readonly title: string;
  readonly limits: { readonly fifo: number; readonly direct: number };
}

function toFigures(readings: Readings, { name, title, limits }: FigureNames): readonly Figure[] {
  return [
    { name, title: `${title}, FIFO logs`, limit: limits.fifo, ...toRatio(readings, "fifo") },
    {
      name: `${name}-direct`,
      title: `${title}, direct logs`,
      limit: limits.direct,
      ...toRatio(readings, "direct"),
    },
  ];
}

/** When the last (or first) task had such an event, in milliseconds. */
function timeOf(allocs: readonly AllocStub[], type: string, which: typeof Math.max = Math.max): number {
  const times = allocs.map((alloc) => {
    const event = alloc.TaskStates?.app?.Events.find((each) => each.Type === type);
    if (event === undefined) throw new Error(`a task has no event "${type}"`);
    return event.Time / 1e6;
  });
  return which(...times);
}
