import { createDockerDriver, parseAgentOptions } from "../src/driver/index.ts";
import { createEngine } from "../src/engine/index.ts";
import type { TaskHandle } from "../src/task/index.ts";
import { type Finding, timed, toSpread } from "./compare.ts";
import { startCrowd } from "./crowd.ts";
import type { Ground } from "./ground.ts";
import { endTasks } from "./in-process.ts";
import { nullSink } from "./start.ts";

const count = 200;
const rounds = 5;

/** Until a driver that knows nothing has found 200 running tasks again, their output read on. */
export async function measureRecovery(ground: Ground): Promise<Finding> {
  const handles = await startCrowd(ground, count);
  const readings: number[] = [];
  const lists = new Set<number>();
  for (let round = 0; round < rounds; round++) {
    const { seconds, listCalls } = await recoverAll(ground, handles);
    readings.push(seconds);
    lists.add(listCalls);
  }
  await endTasks(
    ground,
    handles.map(({ config }) => config.id),
  );
  const unit = `s, with ${Math.max(...lists)} list calls`;
  return { name: "recovery", unit, value: toSpread(readings), limit: 2, samples: rounds };
}

async function recoverAll({ socket }: Ground, handles: readonly TaskHandle[]) {
  await using engine = createEngine({ endpoint: `unix://${socket}` });
  const agentOptions = parseAgentOptions(undefined, { "docker.cleanup.image": "false" });
  await using driver = createDockerDriver({ engine, agentOptions });
  const ms = await timed(
    async () =>
      await Promise.all(handles.map(async (handle) => await driver.recoverTask(handle, { logs: nullSink }))),
  );
  return { seconds: ms / 1000, listCalls: engine.calls.get("GET /containers/json") ?? 0 };
}
