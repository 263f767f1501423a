import { expect, it } from "vitest";
import { importImage, startPrivateEngine } from "../bed/index.ts";
import { MemorySink, startDriver } from "../driver/driver-bed.ts";

const counting = "n=0; while :; do n=$((n+1)); echo line $n; sleep 0.01; done";

it("a terminal's output goes on without a loss when the engine is killed and comes back", async () => {
  await using engine = await startPrivateEngine({ liveRestore: true });
  const image = await importImage(engine.socket, { name: "longshore-test/restart", tag: "1" });
  await using bench = startDriver({ endpoint: engine.endpoint });
  const sink = new MemorySink();
  const driverConfig = { image, network_mode: "none", tty: true };
  const task = await bench.start(counting, { driverConfig }, { logs: sink });
  for (let kills = 1; kills <= 2; kills++) {
    const seen = sink.text().split("\n").length;
    await sink.until((text) => text.split("\n").length > seen + 20);
    await engine.kill();
    await bench.event(
      () => bench.events.filter(({ detail }) => detail.type === "engine-lost").length === kills,
    );
    await engine.start();
    await bench.event(
      () => bench.events.filter(({ detail }) => detail.type === "engine-back").length === kills,
    );
  }
  const seen = sink.text().split("\n").length;
  await sink.until((text) => text.split("\n").length > seen + 20);
  await bench.driver.stopTask(task.id, { graceMs: 0 });
  const lines = sink.text().split("\r\n").slice(0, -1);
  expect(lines).toEqual(lines.map((_, index) => `line ${index + 1}`));
});
