import { spawn } from "node:child_process";
import { once } from "node:events";
import { findTool } from "../scripts/tools.mjs";
import type { LogSink, TaskHandle } from "../src/task/index.ts";
import type { CaseOptions } from "./cases.ts";
import { compare, type Finding, timed } from "./compare.ts";
import type { Ground } from "./ground.ts";

const lines = 100_000;
const line =
  "the quick brown fox jumps over the lazy dog, and again, until it is a hundred bytes long, or so";
/** At least 0.9 of the other's throughput. */
const limit = 1 / 0.9;

/** The output of one task from beginning to end, as a host takes it, against `docker logs -f` of the same. */
export async function compareLogs(ground: Ground, { rounds }: CaseOptions): Promise<Finding> {
  const docker = await findTool("docker");
  if (docker === undefined)
    throw new Error("the docker command is missing; Debian and Ubuntu: apt-get install docker.io");
  const task = await ground.makeTask(["sh", "-c", `yes '${line}' | head -n ${lines}`]);
  const logging = [{ type: "json-file", config: [{ "max-size": "100m" }] }];
  const { handle } = await ground.driver.startTask({
    ...task,
    driverConfig: { ...task.driverConfig, logging },
  });
  await ground.driver.waitTask(task.id);
  const args = ["-H", `unix://${ground.socket}`, "logs", "-f", handle.driverState.containerId];
  const found = await compare({
    rounds: Math.max(5, Math.round(rounds / 3)),
    ours: async () => await timed(async () => check(await readAll(ground, handle))),
    theirs: async () => await timed(async () => check(await countOutput(docker, args))),
  });
  await ground.driver.destroyTask(task.id, { force: true });
  return { name: "logs", unit: "times", limit, ...found };
}

/** Bytes that a sink is given, from the output's beginning. */
async function readAll({ driver }: Ground, handle: TaskHandle): Promise<number> {
  let bytes = 0;
  await new Promise<void>((resolve, reject) => {
    const logs: LogSink = {
      write({ data }) {
        bytes += data.length;
      },
      end: () => resolve(),
    };
    driver.recoverTask(handle, { logs }).catch(reject);
  });
  return bytes;
}

async function countOutput(program: string, args: readonly string[]): Promise<number> {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  let bytes = 0;
  child.stdout.on("data", (data: Buffer) => {
    bytes += data.length;
  });
  await once(child, "close");
  return bytes;
}

function check(bytes: number): void {
  const expected = lines * (line.length + 1);
  if (bytes !== expected) throw new Error(`${bytes} bytes of output were read, not ${expected}`);
}
