import { describe, expect, it } from "vitest";
import type { TaskConfig } from "../../src/task/index.ts";
import { bed, callEngine, callEngineOk, deferred, pushImage, startFaultProxy } from "../bed/index.ts";
import { MemorySink, makeShellTask, startDriver, type TestDriver } from "./driver-bed.ts";

const graceMs = 20_000;
const polite = "trap 'exit 7' TERM; trap 'exit 5' USR1; echo ready; while :; do sleep 1000 & wait; done";

async function startReady(bench: TestDriver, overrides: Partial<TaskConfig> = {}, script = polite) {
  const sink = new MemorySink();
  const task = await bench.start(script, overrides, { logs: sink });
  await sink.until((text) => text.includes("ready"));
  const { container_id = "" } = bench.driver.inspectTask(task.id).attributes;
  const post = (what: string, body?: object) =>
    callEngineOk(bed().socket, "POST", `/containers/${container_id}/${what}`, { body });
  return { task, id: container_id, post };
}

const exitsOf = (bench: TestDriver, { id }: TaskConfig) =>
  bench.events.filter(({ taskId, detail }) => taskId === id && detail.type === "exited");

describe("a stop", () => {
  it("sends the image's stop signal, and the host's where it names one", async () => {
    const target = { registry: bed().registryHost, name: "stop-signal", tag: "1" };
    const { reference: image } = await pushImage(target, { stopSignal: "SIGUSR1" });
    await using bench = startDriver();
    const [images, hosts] = await Promise.all([
      startReady(bench, { driverConfig: { image } }),
      startReady(bench, { driverConfig: { image } }),
    ]);
    await Promise.all([
      bench.driver.stopTask(images.task.id, { graceMs }),
      bench.driver.stopTask(hosts.task.id, { graceMs, killSignal: "SIGTERM" }),
    ]);
    expect(await bench.driver.waitTask(images.task.id)).toMatchObject({ exitCode: 5 });
    expect(await bench.driver.waitTask(hosts.task.id)).toMatchObject({ exitCode: 7 });
  });

  it("of a paused task lets it go on first, so that it can end by itself", async () => {
    await using bench = startDriver();
    const { task, post } = await startReady(bench);
    await post("pause");
    await bench.driver.stopTask(task.id, { graceMs });
    expect(await bench.driver.waitTask(task.id)).toMatchObject({ exitCode: 7 });
  });

  it("that finds the task paused when its grace is over kills it all the same", async () => {
    await using bench = startDriver();
    const { task, post } = await startReady(
      bench,
      {},
      "trap '' TERM; echo ready; while :; do sleep 1000 & wait; done",
    );
    const stopping = bench.driver.stopTask(task.id, { graceMs: 500 });
    await bench.event(({ detail }) => detail.type === "stopping");
    await post("pause");
    await stopping;
    expect(await bench.driver.waitTask(task.id)).toMatchObject({ exitCode: 137 });
  });

  it("is over when someone removes the container meanwhile", async () => {
    await using bench = startDriver();
    const { task, id } = await startReady(
      bench,
      {},
      "trap '' TERM; echo ready; while :; do sleep 1000 & wait; done",
    );
    const stopping = bench.driver.stopTask(task.id, { graceMs: 3_600_000 });
    await bench.event(({ detail }) => detail.type === "stopping");
    await callEngineOk(bed().socket, "DELETE", `/containers/${id}?force=true`);
    await stopping;
    await bench.driver.destroyTask(task.id);
    expect(exitsOf(bench, task)).toHaveLength(1);
  });

  it("during a start ends the start, and nothing of it is left", async () => {
    await using proxy = await startFaultProxy({ target: bed().socket });
    await using bench = startDriver({ endpoint: proxy.endpoint });
    const held = deferred();
    proxy.rule(async (_, path) => {
      if (path.endsWith("/start")) await held.promise;
      return "pass" as const;
    });
    const task = await makeShellTask(polite);
    const starting = bench.startTask(task);
    starting.catch(() => undefined);
    await proxy.seen("POST", /\/start$/);
    const stopping = bench.driver.stopTask(task.id, { graceMs });
    held.resolve();
    await stopping;
    await expect(starting).rejects.toMatchObject({ kind: "canceled" });
    const found = await callEngine(bed().socket, "GET", `/containers/app-${task.allocId}/json`);
    expect(found.status).toBe(404);
  });
});

describe("a container that someone else restarts", () => {
  it("has ended its task once, and goes with it", async () => {
    await using bench = startDriver();
    const { task, id, post } = await startReady(bench);
    await post("restart");
    expect(await bench.driver.waitTask(task.id)).toMatchObject({ exitCode: 7 });
    await bench.driver.stopTask(task.id, { graceMs });
    await bench.driver.destroyTask(task.id);
    expect(exitsOf(bench, task)).toHaveLength(1);
    expect((await callEngine(bed().socket, "GET", `/containers/${id}/json`)).status).toBe(404);
  });

  it("or that the engine restarts for ever, because someone told it to, has ended too", async () => {
    await using bench = startDriver();
    const script = "echo ready; while [ ! -e /local/go ]; do sleep 0.02; done; rm /local/go; exit 3";
    const { task, id, post } = await startReady(bench, {}, script);
    await post("update", { RestartPolicy: { Name: "always" } });
    await post("exec", { Cmd: ["touch", "/local/go"] }).then((exec) =>
      callEngineOk(bed().socket, "POST", `/exec/${(exec as { Id: string }).Id}/start`, { body: {} }),
    );
    expect(await bench.driver.waitTask(task.id)).toMatchObject({ exitCode: 3 });
    await bench.driver.destroyTask(task.id);
    expect(exitsOf(bench, task)).toHaveLength(1);
    expect((await callEngine(bed().socket, "GET", `/containers/${id}/json`)).status).toBe(404);
  });
});
