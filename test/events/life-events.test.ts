import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { parseAgentOptions } from "../../src/driver/index.ts";
import type { TaskEvent } from "../../src/task/index.ts";
import { bed, freePort, pushImage, startFaultProxy } from "../bed/index.ts";
import { startDriver, type TestDriver } from "../driver/driver-bed.ts";

/** The events of a task in the order in which they came, each kind of progress once. */
function story({ events }: TestDriver, taskId: string): readonly string[] {
  const types = events.filter((event) => event.taskId === taskId).map(({ detail }) => detail.type);
  return types.filter((type, index) => type !== "pull-progress" || types[index - 1] !== type);
}

const messageOf = (event: TaskEvent) => event.message;

it("a task's life is told in sentences, each once, also while the connection to the engine breaks", async () => {
  await using proxy = await startFaultProxy({ target: bed().socket });
  await using bench = startDriver({
    endpoint: proxy.endpoint,
    agentOptions: parseAgentOptions({ gc: { image_delay: "0" } }),
  });
  const name = `events-${randomUUID().slice(0, 8)}`;
  const { reference: image } = await pushImage(
    { registry: bed().registryHost, name, tag: "1" },
    { ballastBytes: 20_000_000 },
  );
  const value = await freePort();
  const task = await bench.start("trap 'exit 0' TERM; while :; do sleep 1000 & wait; done", {
    env: { TOKEN: "hunter2-of-the-check" },
    driverConfig: {
      image,
      ports: ["http"],
      healthcheck: {
        test: "echo wait $TOKEN; [ -e /local/well ] && echo fine",
        interval: "100ms",
        retries: 1,
      },
    },
    resources: {
      cpuMhz: 100,
      memoryMb: 64,
      memoryMaxMb: 0,
      cpusetCpus: "",
      percentTicks: 0,
      ports: [{ label: "http", value, to: 80, hostIp: "127.0.0.1" }],
      networks: [],
    },
  });
  const ill = await bench.event(({ detail }) => detail.type === "health");
  expect(ill.detail).toMatchObject({ status: "unhealthy", output: "wait ${TOKEN}" });
  expect(ill.message).toBe("Health: unhealthy (wait ${TOKEN})");
  proxy.cut();
  await bench.event(({ detail }) => detail.type === "engine-back");
  await bench.driver.execTask(task.id, { command: ["touch", "/local/well"], timeoutMs: 20_000 });
  const well = await bench.event(({ detail }) => detail.type === "health" && detail.status === "healthy");
  expect(well.detail).toMatchObject({ output: "wait ${TOKEN}\nfine" });
  await bench.driver.stopTask(task.id, { graceMs: 20_000 });
  await bench.driver.destroyTask(task.id);
  await bench.event(({ detail }) => detail.type === "image-removed");
  expect(story(bench, task.id)).toEqual([
    "pull-started",
    "pull-progress",
    "pull-finished",
    "created",
    "started",
    "health",
    "engine-lost",
    "engine-back",
    "health",
    "stopping",
    "exited",
    "removed",
    "image-removed",
  ]);
  const messages = bench.events.map(messageOf);
  expect(messages).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^Pulled image \S+ \(2\d\.\d MB\) in [\d.]+ s, [\d.]+ MB\/s$/),
      `Started, reachable at 127.0.0.1:${value}`,
      "Stopping: sent SIGTERM, and kills it if it still runs in 20 s",
      "Exited with code 0",
    ]),
  );
});

it("an end for want of memory is told as that", async () => {
  await using bench = startDriver();
  const { task, exit } = await bench.run("x=$(head -c 200000000 /dev/zero | tr '\\0' a)");
  expect(exit).toMatchObject({ oomKilled: true, error: "OOM Killed" });
  expect(story(bench, task.id)).toEqual(["created", "started", "oom", "exited"]);
});
