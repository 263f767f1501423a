import { setMaxListeners } from "node:events";
import { request } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import type { CaseOptions } from "./cases.ts";
import { compare, type Finding } from "./compare.ts";
import { engineCpuMs } from "./engine-cpu.ts";
import type { Ground } from "./ground.ts";
import { sleeper } from "./start.ts";

const tasks = 50;
const intervalMs = 1000;
const measuredMs = 5000;

/** CPU time of this process and the engine for stats of 50 tasks each second, against the engine's own stream of them. */
export async function compareStats(ground: Ground, { rounds }: CaseOptions): Promise<Finding> {
  const { driver, socket } = ground;
  const started = await Promise.all(
    Array.from({ length: tasks }, async () => await driver.startTask(await ground.makeTask(sleeper))),
  );
  const taskIds = started.map(({ handle }) => handle.config.id);
  const containerIds = started.map(({ handle }) => handle.driverState.containerId);
  const engineMs = async () => await engineCpuMs(socket, containerIds);
  const measure = async (read: (signal: AbortSignal) => Promise<unknown>) => {
    const caller = new AbortController();
    setMaxListeners(0, caller.signal);
    const reading = read(caller.signal);
    // What it takes to begin is not what it takes each second.
    await pause(1.5 * intervalMs);
    // To look at the engine's processes takes time too, which is not counted.
    const engineBefore = await engineMs();
    const own = process.cpuUsage();
    await pause(measuredMs);
    const { user, system } = process.cpuUsage(own);
    const engineAfter = await engineMs();
    caller.abort();
    await reading;
    return (user + system) / 1000 + engineAfter - engineBefore;
  };
  const found = await compare({
    rounds: Math.max(3, Math.round(rounds / 8)),
    ours: async () =>
      await measure(async (signal) => await Promise.all(taskIds.map((id) => readDriver(ground, id, signal)))),
    theirs: async () =>
      await measure(
        async (signal) => await Promise.all(containerIds.map((id) => readEngine(socket, id, signal))),
      ),
  });
  await Promise.all(taskIds.map(async (id) => await driver.destroyTask(id, { force: true })));
  return { name: "stats", unit: "times", limit: 0.25, ...found };
}

async function readDriver({ driver }: Ground, taskId: string, signal: AbortSignal): Promise<void> {
  for await (const { cpu } of driver.taskStats(taskId, { intervalMs, signal })) {
    if (Number.isNaN(cpu.percent)) throw new Error("a reading without a number");
  }
}

/** The engine sends one reading a second of its own accord. */
function readEngine(socketPath: string, id: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const path = `/containers/${id}/stats?stream=true`;
    const sent = request({ socketPath, path, agent: false, signal }, (response) => {
      response.on("data", (data: Buffer) => void JSON.parse(data.toString()));
      response.on("error", () => resolve());
    });
    sent.on("error", (error) => (signal.aborted ? resolve() : reject(error)));
    sent.end();
  });
}
