import { writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import type { TaskConfig } from "../../src/task/index.ts";
import { importImage, type PrivateEngine, startPrivateEngine } from "../bed/index.ts";
import {
  type BenchOptions,
  fromEngine,
  MemorySink,
  startDriver,
  type TestDriver,
} from "../driver/driver-bed.ts";
import { type Chance, createChance, isFull, seed } from "./chance.ts";
import { afterMs, faultOf, listTraces, numberedLines } from "./traces.ts";

const count = isFull ? 20 : 5;
const restarts = isFull ? 4 : 1;
const toScript = (code: number) =>
  `trap 'exit 99' TERM; while [ ! -e /local/stop ]; do sleep 0.05; done; exit ${code}`;
const stop = ({ allocDir, name }: TaskConfig) => writeFile(`${allocDir}/${name}/local/stop`, "");

interface Crowd {
  readonly tasks: readonly TaskConfig[];
  /** Of the first task, which writes a thousand lines a second; the others end with 10, 11, ... */
  readonly sink: MemorySink;
}

/** Output is read from the engine's files, or from the engine. */
const logSource = (chance: Chance): BenchOptions => (chance.happens(0.5) ? fromEngine : {});

async function startCrowd(bench: TestDriver, image: string): Promise<Crowd> {
  const sink = new MemorySink();
  const driverConfig = { image, network_mode: "none" };
  const tasks = [
    await bench.start(`trap 'exit 99' TERM; ${numberedLines}`, { driverConfig }, { logs: sink }),
  ];
  for (let n = 1; n < count; n++) tasks.push(await bench.start(toScript(n + 9), { driverConfig }));
  return { tasks, sink };
}

function exitsOf(bench: TestDriver, tasks: readonly TaskConfig[]): readonly number[] {
  return tasks.map(
    ({ id }) => bench.events.filter(({ taskId, detail }) => taskId === id && detail.type === "exited").length,
  );
}

/** How often the driver has lost its engine, as one of its tasks was told. */
function lossesOf(bench: TestDriver, { id }: TaskConfig): number {
  return bench.events.filter(({ taskId, detail }) => taskId === id && detail.type === "engine-back").length;
}

async function untilBack(bench: TestDriver, task: TaskConfig, times: number): Promise<void> {
  await bench.event(() => lossesOf(bench, task) >= times);
}

async function importBusybox(engine: PrivateEngine): Promise<string> {
  return await importImage(engine.socket, { name: "longshore-test/restarts", tag: "1" });
}

describe(`an engine that restarts under ${count} tasks, seed ${seed}`, () => {
  it("with live-restore ends none of them, and no line is lost or comes twice", async () => {
    const chance = createChance();
    await using engine = await startPrivateEngine({ liveRestore: true });
    const image = await importBusybox(engine);
    await using bench = startDriver({ ...logSource(chance), endpoint: engine.endpoint });
    const { tasks, sink } = await startCrowd(bench, image);
    const [writer, ...others] = tasks;
    if (writer === undefined) throw new Error("no tasks");
    for (let n = 1; n <= restarts; n++) {
      await afterMs(chance.between(0, 500));
      if (chance.happens(0.5)) await engine.kill();
      else await engine.stop();
      await afterMs(chance.between(0, 500));
      await engine.start();
      await untilBack(bench, writer, n);
      expect(exitsOf(bench, tasks)).toEqual(tasks.map(() => 0));
    }
    for (const task of tasks) await stop(task);
    expect(await bench.driver.waitTask(writer.id)).toMatchObject({ exitCode: 0 });
    const ends = await Promise.all(others.map(({ id }) => bench.driver.waitTask(id)));
    expect(ends.map(({ exitCode }) => exitCode)).toEqual(others.map((_, n) => n + 10));
    expect(exitsOf(bench, tasks)).toEqual(tasks.map(() => 1));
    expect(faultOf(sink.text())).toBeUndefined();
    for (const { id } of tasks) await bench.driver.destroyTask(id);
    expect(await listTraces(engine.socket)).toEqual({
      containers: [],
      networks: [],
      volumes: [],
      images: [image],
    });
  }, 300_000);

  it.each(
    [
      ["stopped", (engine: PrivateEngine) => engine.stop()] as const,
      ["killed", (engine: PrivateEngine) => engine.kill()] as const,
    ].slice(0, isFull ? 2 : 1),
  )(
    "without it, %s, ends each once, starts none by itself, and the next start finds nothing in its way",
    async (_how, end) => {
      await using engine = await startPrivateEngine();
      const chance = createChance();
      const image = await importBusybox(engine);
      await using bench = startDriver({ ...logSource(chance), endpoint: engine.endpoint });
      const { tasks } = await startCrowd(bench, image);
      await end(engine);
      await engine.start();
      const exits = await Promise.all(tasks.map(({ id }) => bench.driver.waitTask(id)));
      expect(exits.every(({ exitCode }) => exitCode !== 0)).toBe(true);
      expect(exitsOf(bench, tasks)).toEqual(tasks.map(() => 1));
      const left = (await listTraces(engine.socket)).containers;
      expect(left.filter((line) => line.endsWith("running"))).toEqual([]);
      // As after a reboot: the host starts what it had, under the same names, and the dead are still there.
      await using later = startDriver({ ...logSource(chance), endpoint: engine.endpoint });
      const sink = new MemorySink();
      for (const task of tasks) await later.startTask({ ...task, id: `${task.id}-2` }, { logs: sink });
      expect((await listTraces(engine.socket)).containers.length).toBe(count);
      for (const task of tasks) await stop(task);
      for (const { id } of tasks) await later.driver.waitTask(`${id}-2`);
      for (const { id } of tasks) await later.driver.destroyTask(`${id}-2`);
      expect((await listTraces(engine.socket)).containers).toEqual([]);
    },
    300_000,
  );
});
