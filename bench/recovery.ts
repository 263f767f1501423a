import { createDockerDriver, parseAgentOptions } from "../src/driver/index.ts";
import { createEngine } from "../src/engine/index.ts";
import type { TaskHandle } from "../src/task/index.ts";
import { compare, type Finding, timed, toSpread } from "./compare.ts";
import { startCrowd } from "./crowd.ts";
import type { Ground } from "./ground.ts";
import { endTasks } from "./in-process.ts";

const count = 200;
const rounds = 5;
/** As many as a client may sensibly make at once. */
const bareAtOnce = 16;

/** What one recovery of all tasks took. */
interface Recovery {
  /** Until the last task was found. */
  readonly ms: number;
  /** Until each task's output had come from its beginning. */
  readonly outputMs: number;
  readonly listCalls: number;
}

/**
 * Until a driver that knows nothing has found 200 running tasks again, beside an inspection of each of their
 * containers made bare; and until the output of all has come.
 */
export async function measureRecovery(ground: Ground): Promise<Finding> {
  const handles = await startCrowd(ground, count, ["sh", "-c", "echo up; exec sleep 3600"]);
  const recoveries: Recovery[] = [];
  const { value: ratio, sides } = await compare({
    rounds,
    ours: async () => {
      const recovery = await recoverAll(ground, handles);
      recoveries.push(recovery);
      return recovery.ms;
    },
    theirs: async () => await timed(async () => await inspectAll(ground, handles)),
  });
  await endTasks(
    ground,
    handles.map(({ config }) => config.id),
  );
  const output = toSpread(recoveries.map(({ outputMs }) => outputMs / 1000)).median;
  const lists = Math.max(...recoveries.map(({ listCalls }) => listCalls));
  const beside = `${ratio.median.toFixed(2)} times ${count} bare inspections`;
  const unit = `s, which is ${beside}; all output after ${output.toFixed(2)} s; list calls: ${lists}`;
  const value = toSpread(recoveries.map(({ ms }) => ms / 1000));
  return { name: "recovery", unit, value, limit: 2, samples: recoveries.length, ...(sides && { sides }) };
}

async function recoverAll({ socket }: Ground, handles: readonly TaskHandle[]): Promise<Recovery> {
  await using engine = createEngine({ endpoint: `unix://${socket}` });
  const agentOptions = parseAgentOptions(undefined, { "docker.cleanup.image": "false" });
  await using driver = createDockerDriver({ engine, agentOptions });
  const outputs: Promise<void>[] = [];
  const recover = async (handle: TaskHandle) => {
    let hasCome: () => void = () => undefined;
    outputs.push(new Promise((resolve) => (hasCome = resolve)));
    await driver.recoverTask(handle, { logs: { write: () => hasCome(), end: () => undefined } });
  };
  const startedAt = performance.now();
  await Promise.all(handles.map(recover));
  const ms = performance.now() - startedAt;
  await Promise.all(outputs);
  const outputMs = performance.now() - startedAt;
  return { ms, outputMs, listCalls: engine.calls.get("GET /containers/json") ?? 0 };
}

async function inspectAll({ call }: Ground, handles: readonly TaskHandle[]): Promise<void> {
  const left = handles.map(({ driverState }) => driverState.containerId);
  const lane = async () => {
    for (let id = left.pop(); id !== undefined; id = left.pop()) await call("GET", `/containers/${id}/json`);
  };
  await Promise.all(Array.from({ length: bareAtOnce }, lane));
}
