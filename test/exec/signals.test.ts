import { constants } from "node:os";
import { expect, it } from "vitest";
import { MemorySink, startDriver } from "../driver/driver-bed.ts";

it("every signal is taken by the engine by name and by number, and reaches the task", async () => {
  await using bench = startDriver();
  const sink = new MemorySink();
  const script = [
    "for n in $(seq 1 31); do [ $n = 17 ] || trap '' $n; done",
    "trap 'echo usr1' USR1; trap 'echo three after the first' 37; trap 'echo twenty after the first' 54",
    "trap 'echo bye; exit 3' TERM; echo ready; while :; do sleep 0.02; done",
  ].join("\n");
  const task = await bench.start(script, {}, { logs: sink });
  await sink.until((text) => text.includes("ready"));
  const deadly = new Set(["SIGKILL", "SIGSTOP", "SIGTERM", "SIGUSR1", "SIGUNUSED"]);
  const names = Object.keys(constants.signals).filter((name) => !deadly.has(name));
  const realTime = ["RTMIN", "SIGRTMIN+1", "SIGRTMIN+15", "SIGRTMAX-14", "SIGRTMAX"];
  for (const signal of [...names, ...realTime, "64"]) await bench.driver.signalTask(task.id, signal);
  expect(sink.text()).toBe("ready\n");
  const heard: [string, string][] = [
    ["usr1", "usr1\n"],
    ["10", "usr1\nusr1\n"],
    ["SIGRTMIN+3", "three after the first\n"],
    ["rtmin+20", "twenty after the first\n"],
  ];
  for (const [signal, output] of heard) {
    await bench.driver.signalTask(task.id, signal);
    await sink.until((text) => text.includes(output));
  }
  await expect(bench.driver.signalTask(task.id, "SIGNOPE")).rejects.toMatchObject({ kind: "invalid" });
  await bench.driver.signalTask(task.id, "TERM");
  expect(await bench.driver.waitTask(task.id)).toMatchObject({ exitCode: 3 });
});
