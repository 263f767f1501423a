import { setTimeout as pause } from "node:timers/promises";
import type { NomadClient } from "../../test/nomad/bed/client.ts";
import { slope } from "../in-process.ts";
import type { CaseOptions, Figure } from "./cases.ts";
import { allSides, NomadGround, type Side } from "./ground.ts";
import { type Readings, toRatio } from "./in-turn.ts";
import { sleepScript } from "./job.ts";
import { readPss } from "./processes.ts";

const step = 10;
const steps = 5;
/** Until what a start needed for a moment has been given back. */
const restMs = 5000;
const bytesPerMb = 1e6;

interface Reading {
  readonly tasks: number;
  /** Of the driver and its helpers: the plugin, or the built-in driver's log readers. */
  readonly driver: number;
  /** Of all processes but the containers': the agent and the log collectors too. */
  readonly all: number;
}

/** Proportional set size that each further task takes, by a slope from 10 to 50 tasks. */
export async function compareMemory(options: CaseOptions): Promise<readonly Figure[]> {
  const slopes = new Map<Side, { readonly driver: number; readonly all: number }>();
  for (const side of allSides) {
    const readings = await readSide(options, side);
    const slopeOf = (key: "driver" | "all") =>
      slope(readings.map((each) => ({ tasks: each.tasks, bytes: each[key] }))) / bytesPerMb;
    slopes.set(side, { driver: slopeOf("driver"), all: slopeOf("all") });
  }
  const of = (key: "driver" | "all"): Readings =>
    new Map(allSides.map((side) => [side, [slopes.get(side)?.[key] ?? Number.NaN]]));
  const shared = { limit: 0.05, sideUnit: "MB" };
  return [
    {
      name: "memory",
      title: "memory for each further task, of the driver and its helpers, FIFO logs",
      ...shared,
      ...toRatio(of("driver"), "fifo"),
    },
    {
      name: "memory-direct",
      title: "memory for each further task, of everything but its container, direct logs",
      ...shared,
      ...toRatio(of("all"), "direct"),
    },
  ];
}

/** One side at a time: processes of one program share its pages with each other. */
async function readSide(options: CaseOptions, side: Side): Promise<readonly Reading[]> {
  await using ground = await NomadGround.open({ ...options, sides: [side] });
  const readings: Reading[] = [];
  for (let tasks = step; tasks <= step * steps; tasks += step) {
    await ground.run(side, { count: step, script: sleepScript });
    await pause(restMs, undefined, { signal: options.signal });
    const { driver, all } = await readMemory(ground.client(side));
    readings.push({ tasks, driver, all });
    const toMb = (bytes: number) => (bytes / bytesPerMb).toFixed(1);
    options.tell(`${side}, ${tasks} tasks: ${toMb(driver)} MB, with all ${toMb(all)} MB`);
  }
  return readings;
}

async function readMemory(client: NomadClient): Promise<Omit<Reading, "tasks">> {
  const drivers = [...(await client.processes("docker")), ...(await client.processes("docker_logger"))];
  const all = await client.allProcesses();
  return {
    driver: await readPss(drivers.map(({ pid }) => pid)),
    all: await readPss(all.map(({ pid }) => pid)),
  };
}
