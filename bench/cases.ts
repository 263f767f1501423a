import { compareRun, compareVersion } from "./commands.ts";
import type { Finding } from "./compare.ts";
import { compareCrowd, measureRest } from "./crowd.ts";
import type { Ground } from "./ground.ts";
import { compareMany, compareStart, countCalls, measureMemory } from "./in-process.ts";
import { compareLogs } from "./logs.ts";
import { measureRecovery } from "./recovery.ts";
import { measureSoak } from "./soak.ts";
import { compareStats } from "./stats.ts";

/** One question of the benchmark. */
export interface Case {
  /** For `--only`. */
  readonly name: string;
  readonly title: string;
  run(ground: Ground, options: CaseOptions): Promise<Finding>;
}

export interface CaseOptions {
  /** How often each side runs, where time is compared. */
  readonly rounds: number;
  /** Path of the built command. */
  readonly command: string;
}

/** In the order in which they run: memory first, on a heap that nothing else has grown. */
export const cases: readonly Case[] = [
  { name: "memory", title: "memory for each further task, at 100 tasks", run: measureMemory },
  { name: "calls", title: "engine calls for one start, image present", run: countCalls },
  { name: "start", title: "start of a task, to the same engine calls made bare", run: compareStart },
  { name: "many", title: "50 tasks at once, to 50 bare create-and-starts", run: compareMany },
  { name: "crowd", title: "start of a task beside 200 others, to one beside none", run: compareCrowd },
  { name: "recovery", title: "recovery of 200 tasks by a new driver", run: measureRecovery },
  { name: "rest", title: "CPU of the driver while 100 tasks sleep", run: measureRest },
  { name: "logs", title: "time for a task's output, to docker logs -f of the same", run: compareLogs },
  { name: "stats", title: "CPU for stats of 50 tasks a second, to the engine's own", run: compareStats },
  { name: "run", title: "longshore run of `true`, to docker run --rm of the same", run: compareRun },
  { name: "soak", title: "memory for each of 1,000 start-stop cycles", run: measureSoak },
  { name: "version", title: "longshore version, to an empty node process", run: compareVersion },
];
