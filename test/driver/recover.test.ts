import { describe, expect, it } from "vitest";
import type { LogPosition, TaskHandle } from "../../src/task/index.ts";
import {
  bed,
  callEngine,
  callEngineOk,
  importImage,
  startFaultProxy,
  startPrivateEngine,
} from "../bed/index.ts";
import { MemorySink, makeShellTask, startDriver } from "./driver-bed.ts";

/** What a host would have stored of a handle. */
const stored = (handle: TaskHandle) => JSON.parse(JSON.stringify(handle)) as TaskHandle;

const counting = "n=0; while :; do n=$((n+1)); echo line $n; sleep 0.01; done";

describe("a task after its driver's restart", () => {
  it("is found running, its output goes on where it ended, and it can be stopped", async () => {
    const task = await makeShellTask(counting);
    const first = new MemorySink();
    let handle: TaskHandle;
    {
      await using before = startDriver();
      ({ handle } = await before.driver.startTask(task, { logs: first }));
      await first.until((text) => text.includes("line 20\n"));
    }
    const last = first.chunks.at(-1);
    const second = new MemorySink();
    await using after = startDriver();
    await after.driver.recoverTask(stored(handle), { logs: second, logPosition: last?.position });
    expect(after.driver.inspectTask(task.id).phase).toBe("running");
    await second.until((text) => text.split("\n").length > 20);
    await after.driver.stopTask(task.id, { graceMs: 0 });
    expect(await after.driver.waitTask(task.id)).toMatchObject({ exitCode: 137, signal: 9 });
    const lines = (first.text() + second.text()).split("\n").slice(0, -1);
    expect(lines).toEqual(lines.map((_, index) => `line ${index + 1}`));
    await after.driver.destroyTask(task.id);
  });

  it("that exited meanwhile is told with its real exit code and the rest of its output", async () => {
    const task = await makeShellTask("echo begin; read line < /local/pipe; echo end; exit 23");
    const sink = new MemorySink();
    let handle: TaskHandle;
    let position: LogPosition | undefined;
    {
      await using before = startDriver();
      ({ handle } = await before.driver.startTask(task, { logs: sink }));
      await sink.until((text) => text === "begin\n" || text.includes("end"));
      position = sink.chunks.at(-1)?.position;
      await before.driver.waitTask(task.id);
    }
    const rest = new MemorySink();
    await using after = startDriver();
    await after.driver.recoverTask(stored(handle), { logs: rest, logPosition: position });
    expect(await after.driver.waitTask(task.id)).toMatchObject({ exitCode: 23 });
    expect(after.driver.inspectTask(task.id)).toMatchObject({ phase: "exited", startedAt: expect.any(Date) });
    await after.driver.destroyTask(task.id);
  });

  it("that exited meanwhile is told with the time of its end", async () => {
    const task = await makeShellTask("sleep 600");
    let handle: TaskHandle;
    {
      await using before = startDriver();
      ({ handle } = await before.driver.startTask(task));
    }
    const path = `/containers/${handle.driverState.containerId}`;
    await callEngineOk(bed().socket, "POST", `${path}/kill`);
    const found = (await callEngineOk(bed().socket, "GET", `${path}/json`)) as {
      State: { StartedAt: string; FinishedAt: string };
    };
    await using after = startDriver();
    await after.driver.recoverTask(stored(handle));
    expect(await after.driver.waitTask(task.id)).toMatchObject({ exitCode: 137, signal: 9 });
    expect(after.driver.inspectTask(task.id)).toMatchObject({
      startedAt: new Date(found.State.StartedAt),
      completedAt: new Date(found.State.FinishedAt),
    });
    await after.driver.destroyTask(task.id);
  });

  it("whose container was replaced by another of its name is not-found, and the other is left alone", async () => {
    const task = await makeShellTask("sleep 600");
    let handle: TaskHandle;
    {
      await using before = startDriver();
      ({ handle } = await before.driver.startTask(task));
    }
    const { containerId } = handle.driverState;
    await callEngineOk(bed().socket, "DELETE", `/containers/${containerId}?force=true`);
    await using after = startDriver();
    const { image, runLabel } = bed();
    const other = await after.engine.createContainer(`${task.name}-${task.allocId}`, {
      Image: image,
      Cmd: ["sleep", "600"],
      Labels: { [runLabel.key]: runLabel.value },
      HostConfig: {},
    });
    await after.engine.startContainer(other.id);
    await expect(after.driver.recoverTask(stored(handle))).rejects.toMatchObject({ kind: "not-found" });
    await expect(after.driver.startTask(task)).rejects.toMatchObject({ kind: "conflict" });
    expect((await after.engine.inspectContainer(other.id)).State.Running).toBe(true);
    await after.engine.removeContainer(other.id, { force: true });
  });

  it("whose container is gone is not-found", async () => {
    const task = await makeShellTask("sleep 600");
    let handle: TaskHandle;
    {
      await using before = startDriver();
      ({ handle } = await before.driver.startTask(task));
    }
    await callEngine(bed().socket, "DELETE", `/containers/${handle.driverState.containerId}?force=true`);
    await using after = startDriver();
    await expect(after.driver.recoverTask(stored(handle))).rejects.toMatchObject({ kind: "not-found" });
    expect(() => after.driver.inspectTask(task.id)).toThrow("task not found");
  });

  it("is found once, however often the host asks", async () => {
    await using before = startDriver();
    const task = await makeShellTask("sleep 600");
    const { handle } = await before.startTask(task);
    await using after = startDriver();
    await Promise.all([after.driver.recoverTask(stored(handle)), after.driver.recoverTask(stored(handle))]);
    await after.driver.destroyTask(task.id, { force: true });
  });
});

describe("many tasks after their driver's restart", () => {
  it("cost one list call, none for each that runs, and another list after the events broke off", async () => {
    const tasks = await Promise.all([
      makeShellTask("sleep 600"),
      makeShellTask("sleep 600"),
      makeShellTask("echo up; sleep 600", { driverConfig: { tty: true } }),
    ]);
    const handles: TaskHandle[] = [];
    {
      await using before = startDriver();
      for (const task of tasks) handles.push((await before.driver.startTask(task)).handle);
    }
    const [running, ended, terminal] = handles.map(stored);
    if (running === undefined || ended === undefined || terminal === undefined) throw new Error("no handles");
    await callEngineOk(bed().socket, "POST", `/containers/${ended.driverState.containerId}/kill`);
    await using proxy = await startFaultProxy({ target: bed().socket });
    await using after = startDriver({ endpoint: proxy.endpoint });
    await Promise.all([after.driver.recoverTask(running), after.driver.recoverTask(ended)]);
    expect(await after.driver.waitTask(ended.config.id)).toMatchObject({ exitCode: 137 });
    const { startedAt } = running.driverState.container ?? {};
    expect(after.driver.inspectTask(running.config.id).startedAt?.toISOString()).toBe(startedAt);
    expect(after.engine.calls.get("GET /containers/json")).toBe(1);
    // Both are for the one that ended.
    expect(after.engine.calls.get("GET /containers/{id}/json")).toBe(2);
    proxy.cut();
    await after.event(({ detail }) => detail.type === "engine-back");
    const sink = new MemorySink();
    await after.driver.recoverTask(terminal, { logs: sink });
    await sink.until((text) => text === "up\r\n");
    expect(after.engine.calls.get("GET /containers/json")).toBe(2);
    for (const task of tasks) await after.driver.destroyTask(task.id, { force: true });
  });

  it("hear of an end that comes while the engine is asked, though its answer is from before", async () => {
    await using before = startDriver();
    const task = await makeShellTask("sleep 600");
    const { handle } = await before.startTask(task);
    await using proxy = await startFaultProxy({ target: bed().socket });
    proxy.rule(async (_method, path, { query }) => {
      if (path !== "/containers/json") return "pass";
      const body = JSON.stringify(await callEngineOk(bed().socket, "GET", `${path}?${query}`));
      await callEngineOk(bed().socket, "POST", `/containers/${handle.driverState.containerId}/kill`);
      await before.driver.waitTask(task.id);
      return { status: 200, body };
    });
    await using after = startDriver({ endpoint: proxy.endpoint });
    await after.driver.recoverTask(stored(handle));
    expect(await after.driver.waitTask(task.id)).toMatchObject({ exitCode: 137 });
    await after.driver.destroyTask(task.id);
  });
});

describe("a task whose start was never answered", () => {
  it("is found by its container's name, and known by its id from then on", async () => {
    const task = await makeShellTask("sleep 600");
    let handle: TaskHandle;
    {
      await using before = startDriver();
      ({ handle } = await before.driver.startTask(task));
    }
    const containerId = `${task.name}-${task.allocId}`;
    await using after = startDriver();
    await after.driver.recoverTask({ ...stored(handle), driverState: { containerId } });
    expect(after.driver.inspectTask(task.id).attributes).toEqual({
      container_id: handle.driverState.containerId,
    });
    // Its end is heard of, so one kill will do.
    await after.driver.destroyTask(task.id, { force: true });
    expect(after.engine.calls.get("POST /containers/{id}/kill")).toBe(1);
  });
});

describe("a task that the driver knows already", () => {
  it("gives its output to the sink of the host that asks for it last", async () => {
    await using bench = startDriver();
    const task = await makeShellTask(counting);
    const first = new MemorySink();
    const { handle } = await bench.startTask(task, { logs: first });
    await first.until((text) => text.includes("line 20\n"));
    const [before, position] = [first.text(), first.chunks.at(-1)?.position];
    const second = new MemorySink();
    await bench.driver.recoverTask(stored(handle), { logs: second, logPosition: position });
    const given = first.text();
    await second.until((text) => text.split("\n").length > 20);
    await bench.driver.stopTask(task.id, { graceMs: 0 });
    expect(first.text()).toBe(given);
    expect(second.ended).toBe(true);
    const lines = (before + second.text()).split("\n").slice(0, -1);
    expect(lines).toEqual(lines.map((_, index) => `line ${index + 1}`));
  });

  it("cannot have its container taken by a task of another id", async () => {
    await using bench = startDriver();
    const task = await makeShellTask("sleep 600");
    const { handle } = await bench.startTask(task);
    const other = { ...stored(handle), config: { ...task, id: "other" } };
    await expect(bench.driver.recoverTask(other)).rejects.toMatchObject({ kind: "conflict" });
    expect(() => bench.driver.inspectTask("other")).toThrow("task not found");
    await bench.driver.destroyTask(task.id, { force: true });
  });
});

describe("an engine that restarts", () => {
  it("with its containers living on is no exit, and no line of output is lost or doubled", async () => {
    await using engine = await startPrivateEngine({ liveRestore: true });
    const image = await importImage(engine.socket, { name: "longshore-test/restart", tag: "1" });
    await using bench = startDriver({ endpoint: engine.endpoint });
    const sink = new MemorySink();
    const driverConfig = { image, network_mode: "none" };
    const task = await bench.start(counting, { driverConfig }, { logs: sink });
    await sink.until((text) => text.includes("line 20\n"));
    await engine.kill();
    await bench.event(({ detail }) => detail.type === "engine-lost");
    expect(bench.driver.inspectTask(task.id).phase).toBe("unknown");
    await engine.start();
    await bench.event(({ detail }) => detail.type === "engine-back");
    expect(bench.driver.inspectTask(task.id).phase).toBe("running");
    const seen = sink.text().split("\n").length;
    await sink.until((text) => text.split("\n").length > seen + 20);
    await bench.driver.stopTask(task.id, { graceMs: 0 });
    expect(bench.events.filter(({ detail }) => detail.type === "exited")).toHaveLength(1);
    const lines = sink.text().split("\n").slice(0, -1);
    expect(lines).toEqual(lines.map((_, index) => `line ${index + 1}`));
  });

  it("and takes its containers down is told as their exit once it is back", async () => {
    await using engine = await startPrivateEngine();
    const image = await importImage(engine.socket, { name: "longshore-test/restart", tag: "1" });
    await using bench = startDriver({ endpoint: engine.endpoint });
    const driverConfig = { image, network_mode: "none" };
    const task = await bench.start("trap 'exit 12' TERM; while :; do sleep 1000 & wait; done", {
      driverConfig,
    });
    await engine.stop();
    await bench.event(({ detail }) => detail.type === "engine-lost" || detail.type === "exited");
    await engine.start();
    expect(await bench.driver.waitTask(task.id)).toMatchObject({ exitCode: expect.any(Number) });
    await bench.driver.destroyTask(task.id);
  });
});
