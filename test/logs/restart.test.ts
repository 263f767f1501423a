import { expect, it } from "vitest";
import { importImage, startPrivateEngine } from "../bed/index.ts";
import { fromEngine, MemorySink, startDriver, type TestDriver } from "../driver/driver-bed.ts";

const counting = "n=0; while :; do n=$((n+1)); echo line $n; sleep 0.01; done";

it("a terminal's output goes on without a loss when the engine is killed and comes back", async () => {
  await using engine = await startPrivateEngine({ liveRestore: true });
  const image = await importImage(engine.socket, { name: "longshore-test/restart", tag: "1" });
  await using near = startDriver({ endpoint: engine.endpoint });
  await using far = startDriver({ endpoint: engine.endpoint, ...fromEngine });
  const readers = await Promise.all([near, far].map(async (bench) => await readTerminal(bench, image)));
  for (let kills = 1; kills <= 2; kills++) {
    await Promise.all(readers.map(({ more }) => more()));
    await engine.kill();
    await Promise.all(readers.map(({ told }) => told("engine-lost", kills)));
    await engine.start();
    await Promise.all(readers.map(({ told }) => told("engine-back", kills)));
  }
  for (const { bench, task, sink, more } of readers) {
    await more();
    await bench.driver.stopTask(task.id, { graceMs: 0 });
    const lines = sink.text().split("\r\n").slice(0, -1);
    expect(lines).toEqual(lines.map((_, index) => `line ${index + 1}`));
  }
});

async function readTerminal(bench: TestDriver, image: string) {
  const sink = new MemorySink();
  const driverConfig = { image, network_mode: "none", tty: true };
  const task = await bench.start(counting, { driverConfig }, { logs: sink });
  return {
    bench,
    task,
    sink,
    /** Resolves when more lines have come. */
    async more() {
      const seen = sink.text().split("\n").length;
      await sink.until((text) => text.split("\n").length > seen + 20);
    },
    /** Resolves when the event has come so often. */
    async told(type: string, times: number) {
      await bench.event(() => bench.events.filter(({ detail }) => detail.type === type).length === times);
    },
  };
}
