import { setTimeout as pause } from "node:timers/promises";
import { callEngineOk } from "../../scripts/engine-api.mjs";
import { engineCpuMs } from "../engine-cpu.ts";
import type { CaseOptions, Figure } from "./cases.ts";
import { NomadGround, type Side } from "./ground.ts";
import { measureInTurn, toRatio } from "./in-turn.ts";
import { sleepScript } from "./job.ts";
import { readCpuMs } from "./processes.ts";

const sides: readonly Side[] = ["built-in", "fifo"];
const tasks = 50;
const settleMs = 5000;
const measuredMs = 10_000;
const rounds = 3;

/** CPU time of agent, driver and engine while the agent reads the use of 50 tasks, as it does for its metrics. */
export async function compareStats(options: CaseOptions): Promise<readonly Figure[]> {
  await using ground = await NomadGround.open({ ...options, sides, metrics: true });
  const measure = async (side: Side) => await readCost(ground, side, options);
  const readings = await measureInTurn({ ...options, rounds, sides, measure });
  const title = `CPU for the stats of ${tasks} tasks, agent, driver and engine together`;
  return [{ name: "stats", title, limit: 0.25, sideUnit: "ms a second", ...toRatio(readings, "fifo") }];
}

async function readCost(ground: NomadGround, side: Side, options: CaseOptions): Promise<number> {
  const { socket, signal, tell } = options;
  const { id } = await ground.run(side, { count: tasks, script: sleepScript });
  await pause(settleMs, undefined, { signal });
  const containers = await findContainers(socket, ground.image);
  const processes = (await ground.client(side).allProcesses()).map(({ pid }) => pid);
  const read = async () => ({
    engine: await engineCpuMs(socket, containers),
    agent: await readCpuMs(processes),
  });
  const before = await read();
  await pause(measuredMs, undefined, { signal });
  const after = await read();
  await ground.stop(id);
  const perSecond = (key: "engine" | "agent") => (after[key] - before[key]) / (measuredMs / 1000);
  tell(
    `${side}: agent and driver ${perSecond("agent").toFixed(1)}, engine ${perSecond("engine").toFixed(1)}`,
  );
  return perSecond("agent") + perSecond("engine");
}

async function findContainers(socket: string, image: string): Promise<readonly string[]> {
  const filters = encodeURIComponent(JSON.stringify({ ancestor: [image] }));
  const found = (await callEngineOk(socket, "GET", `/containers/json?filters=${filters}`)) as {
    Id: string;
  }[];
  return found.map(({ Id }) => Id);
}
