import { expect, it } from "vitest";
import { fromEngine, MemorySink, startDriver } from "../driver/driver-bed.ts";

it.each([
  ["from the engine's files", {}],
  ["from the engine", fromEngine],
])("output comes %s once and in order while one log file is begun after the other", async (_, options) => {
  await using bench = startDriver(options);
  const sink = new MemorySink();
  const logging = [{ type: "json-file", config: [{ "max-size": "100k", "max-file": "3" }] }];
  const count = 8000;
  const script =
    `n=0; while [ $n -lt ${count} ]; do i=0; while [ $i -lt 20 ]; do i=$((i+1)); n=$((n+1)); echo line $n; done; ` +
    "sleep 0.004; done";
  const task = await bench.start(script, { driverConfig: { logging } }, { logs: sink });
  await bench.driver.waitTask(task.id);
  const lines = sink.text().split("\n").slice(0, -1);
  const wrong = lines.findIndex((line, n) => line !== `line ${n + 1}`);
  expect(wrong < 0 ? undefined : `after "${lines[wrong - 1]}" comes "${lines[wrong]}"`).toBeUndefined();
  expect(lines).toHaveLength(count);
});
