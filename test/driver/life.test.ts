import { describe, expect, it } from "vitest";
import { isLongshoreError } from "../../src/task/index.ts";
import { bed, callEngine } from "../bed/index.ts";
import { fromEngine, MemorySink, makeShellTask, startDriver } from "./driver-bed.ts";

describe("a task's life", () => {
  it("starts, writes its output in order and ends with its exit code", async () => {
    await using bench = startDriver();
    const ran = await bench.run("echo one; echo two >&2; echo three; exit 3");
    expect(ran.stdout).toBe("one\nthree\n");
    expect(ran.stderr).toBe("two\n");
    expect(ran.exit).toEqual({
      exitCode: 3,
      signal: 0,
      oomKilled: false,
      error: "Docker container exited with non-zero exit code: 3",
    });
    await bench.event((event) => event.detail.type === "exited");
    const types = bench.events.map((event) => event.detail.type);
    expect(types).toEqual(["created", "started", "exited"]);
    expect(bench.driver.inspectTask(ran.task.id).phase).toBe("exited");
  });

  it.each([
    ["three engine calls with its image present", {}, []],
    ["a fourth where the engine's log is not on this machine", fromEngine, ["1 GET /containers/{id}/logs"]],
  ])("takes %s, none of which lists", async (_, options, logs) => {
    await using bench = startDriver(options);
    await bench.run("true");
    const before = new Map(bench.engine.calls);
    const task = await bench.start("sleep 60", {}, { logs: new MemorySink() });
    const made = [...bench.engine.calls].filter(([name, count]) => count !== before.get(name));
    const names = made.map(([name, count]) => `${count - (before.get(name) ?? 0)} ${name}`).sort();
    expect(names).toEqual([
      ...logs,
      "1 GET /images/{id}/json",
      "1 POST /containers/create",
      "1 POST /containers/{id}/start",
    ]);
    await bench.driver.destroyTask(task.id, { force: true });
  });

  it("stops at its stop signal, and a task stopped twice exits once", async () => {
    await using bench = startDriver();
    const sink = new MemorySink();
    const script = "trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 1000 & wait; done";
    const task = await bench.start(script, {}, { logs: sink });
    await sink.until((text) => text.includes("ready"));
    const options = { graceMs: 20_000 };
    await Promise.all([bench.driver.stopTask(task.id, options), bench.driver.stopTask(task.id, options)]);
    expect(await bench.driver.waitTask(task.id)).toMatchObject({ exitCode: 7 });
    expect(sink.text()).toBe("ready\nbye\n");
    await bench.driver.stopTask(task.id, options);
    await bench.event((event) => event.detail.type === "exited");
    expect(bench.events.filter((event) => event.detail.type === "exited")).toHaveLength(1);
  });

  it("is killed after its grace when it ignores the signal", async () => {
    await using bench = startDriver();
    const sink = new MemorySink();
    const task = await bench.start(
      "trap '' TERM; echo ready; while :; do sleep 1000 & wait; done",
      {},
      { logs: sink },
    );
    await sink.until((text) => text.includes("ready"));
    await bench.driver.stopTask(task.id, { graceMs: 300 });
    expect(await bench.driver.waitTask(task.id)).toMatchObject({
      exitCode: 137,
      signal: 9,
      oomKilled: false,
    });
    await bench.event((event) => event.detail.type === "exited");
    const types = bench.events.map((event) => event.detail.type);
    expect(types).toEqual(["created", "started", "stopping", "killed", "exited"]);
  });

  it("is killed at once when a second stop has no grace left", async () => {
    await using bench = startDriver();
    const sink = new MemorySink();
    const task = await bench.start(
      "trap '' TERM; echo ready; while :; do sleep 1000 & wait; done",
      {},
      { logs: sink },
    );
    await sink.until((text) => text.includes("ready"));
    const first = bench.driver.stopTask(task.id, { graceMs: 3_600_000 });
    await bench.driver.stopTask(task.id, { graceMs: 0 });
    await first;
    expect(await bench.driver.waitTask(task.id)).toMatchObject({ exitCode: 137 });
  });

  it("is stopped by the signal that the host names", async () => {
    await using bench = startDriver();
    const sink = new MemorySink();
    const script = "trap 'exit 5' USR1; trap '' TERM; echo ready; while :; do sleep 1000 & wait; done";
    const task = await bench.start(script, {}, { logs: sink });
    await sink.until((text) => text.includes("ready"));
    await bench.driver.stopTask(task.id, { graceMs: 20_000, killSignal: "usr1" });
    expect(await bench.driver.waitTask(task.id)).toMatchObject({ exitCode: 5 });
    await expect(bench.driver.stopTask(task.id, { graceMs: 1, killSignal: "NOPE" })).rejects.toThrow(
      '"NOPE" is no signal',
    );
  });

  it("is destroyed with its container and anonymous volumes, and only then unknown", async () => {
    await using bench = startDriver();
    const task = await bench.start("sleep 600");
    const { container_id } = bench.driver.inspectTask(task.id).attributes;
    await expect(bench.driver.destroyTask(task.id)).rejects.toThrow("is running and cannot be destroyed");
    const waiting = bench.driver.waitTask(task.id);
    const options = { force: true };
    await Promise.all([
      bench.driver.destroyTask(task.id, options),
      bench.driver.destroyTask(task.id, options),
    ]);
    await bench.event(({ detail }) => detail.type === "removed");
    expect(bench.events.filter(({ detail }) => detail.type === "removed")).toHaveLength(1);
    expect(await waiting).toMatchObject({ exitCode: 137 });
    expect((await callEngine(bed().socket, "GET", `/containers/${container_id}/json`)).status).toBe(404);
    expect(() => bench.driver.inspectTask(task.id)).toThrow("task not found for given id");
  });

  it("takes a signal while it runs", async () => {
    await using bench = startDriver();
    const sink = new MemorySink();
    const task = await bench.start(
      "trap 'echo hup' HUP; echo ready; while :; do sleep 1000 & wait; done",
      {},
      { logs: sink },
    );
    await sink.until((text) => text.includes("ready"));
    await bench.driver.signalTask(task.id, "HUP");
    await sink.until((text) => text.includes("hup"));
  });

  it("whose container someone removes has ended", async () => {
    await using bench = startDriver();
    const task = await bench.start("sleep 600");
    const { container_id } = bench.driver.inspectTask(task.id).attributes;
    await callEngine(bed().socket, "DELETE", `/containers/${container_id}?force=true`);
    expect((await bench.driver.waitTask(task.id)).exitCode).not.toBe(0);
  });

  it("runs as one raw stream on a tty", async () => {
    await using bench = startDriver();
    const ran = await bench.run("echo out; echo err >&2", { driverConfig: { tty: true } });
    expect(ran.stdout).toBe("out\r\nerr\r\n");
  });

  it("that cannot be found is not-found", async () => {
    await using bench = startDriver();
    const error: unknown = await bench.driver.waitTask("nobody").catch((reason: unknown) => reason);
    expect(isLongshoreError(error, "not-found")).toBe(true);
  });

  it("is told to be killed for memory when it takes more than its limit", async () => {
    await using bench = startDriver();
    const ran = await bench.run("x=a; while :; do x=$x$x$x; done", {});
    expect(ran.exit).toMatchObject({ oomKilled: true, error: "OOM Killed" });
  });

  it("whose child was killed for memory, and which failed by that, was killed for memory", async () => {
    await using bench = startDriver();
    const ran = await bench.run('sh -c "x=a; while :; do x=\\$x\\$x\\$x; done"; exit 4');
    expect(ran.exit).toMatchObject({ exitCode: 4, signal: 0, oomKilled: true, error: "OOM Killed" });
  });

  it("whose start is canceled leaves nothing behind", async () => {
    await using bench = startDriver();
    const task = await makeShellTask("sleep 600");
    const caller = new AbortController();
    const starting = bench.driver.startTask(task, { signal: caller.signal });
    caller.abort();
    await expect(starting).rejects.toMatchObject({ kind: "canceled" });
    expect(() => bench.driver.inspectTask(task.id)).toThrow("task not found");
  });
});
