import { setTimeout as pause } from "node:timers/promises";
import { callEngineOk } from "../../scripts/engine-api.mjs";
import { startPrivateEngine } from "../../test/bed/private-engine.ts";
import { engineCpuMs } from "../engine-cpu.ts";
import type { CaseOptions, Figure } from "./cases.ts";
import { NomadGround, type Side } from "./ground.ts";
import { describeGroups, readGroupsCpuMs, toIncrease } from "./groups.ts";
import { measureInTurn, toRatio } from "./in-turn.ts";
import { sleepScript } from "./job.ts";

const sides: readonly Side[] = ["built-in", "fifo"];
const tasks = 50;
const settleMs = 5000;
const measuredMs = 10_000;
const rounds = 3;

/**
 * CPU time while agents read the use of 50 tasks every second, as they do for their metrics. On an engine of its own:
 * the machine's may work for others meanwhile.
 */
export async function compareStats(caseOptions: CaseOptions): Promise<readonly Figure[]> {
  await using privateEngine = await startPrivateEngine();
  const options = { ...caseOptions, socket: privateEngine.socket };
  await using ground = await NomadGround.open({ ...options, sides, metrics: true });
  const measure = async (side: Side) => await readCost(ground, side, options);
  const readings = await measureInTurn({ ...options, rounds, sides, measure });
  const title = `CPU that ${tasks} tasks and their stats add to engine, driver and agent`;
  return [{ name: "stats", title, limit: 0.25, sideUnit: "ms a second", ...toRatio(readings, "fifo") }];
}

/** What the tasks add to an agent that has none. The log collectors' part is not the driver's. */
async function readCost(ground: NomadGround, side: Side, options: CaseOptions): Promise<number> {
  const { socket, signal, tell } = options;
  const measure = async () => {
    await pause(settleMs, undefined, { signal });
    const containers = await findContainers(socket, ground.image);
    const before = await readGroupsCpuMs(ground.client(side));
    const engineBefore = await engineCpuMs(socket, containers);
    await pause(measuredMs, undefined, { signal });
    const seconds = measuredMs / 1000;
    const engine = ((await engineCpuMs(socket, containers)) - engineBefore) / seconds;
    const groups = toIncrease(before, await readGroupsCpuMs(ground.client(side)), seconds);
    tell(`${side}, ms a second: engine ${engine.toFixed(1)}, ${describeGroups(groups)}`);
    return engine + groups.agent + groups.helpers;
  };
  const idle = await measure();
  const { id } = await ground.run(side, { count: tasks, script: sleepScript });
  const busy = await measure();
  await ground.stop(id);
  return busy - idle;
}

async function findContainers(socket: string, image: string): Promise<readonly string[]> {
  const filters = encodeURIComponent(JSON.stringify({ ancestor: [image] }));
  const found = (await callEngineOk(socket, "GET", `/containers/json?filters=${filters}`)) as {
    Id: string;
  }[];
  return found.map(({ Id }) => Id);
}
