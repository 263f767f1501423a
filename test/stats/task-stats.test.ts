import { describe, expect, it } from "vitest";
import type { TaskStats } from "../../src/task/index.ts";
import { bed, callEngineOk, type FaultProxy, startFaultProxy } from "../bed/index.ts";
import { MemorySink, startDriver, type TestDriver } from "../driver/driver-bed.ts";

const topology = { totalMhz: 4000, cores: 2 };
const busy = "x=$(head -c 8000000 /dev/zero | tr '\\0' a); while :; do :; done";

/** An engine whose pids mean nothing on this machine, as one on another machine. */
async function elsewhere(): Promise<FaultProxy> {
  const proxy = await startFaultProxy({ target: bed().socket });
  proxy.rule(async (method, path) => {
    if (method !== "GET" || !/^\/containers\/\w+\/json$/.test(path)) return "pass";
    const found = (await callEngineOk(bed().socket, "GET", path)) as { State: { Pid: number } };
    return { status: 200, body: { ...found, State: { ...found.State, Pid: process.pid } } };
  });
  return proxy;
}

/** The first readings of a task. */
async function readSome({ driver }: TestDriver, taskId: string, count: number): Promise<TaskStats[]> {
  const readings: TaskStats[] = [];
  for await (const reading of driver.taskStats(taskId, { intervalMs: 300 })) {
    if (readings.push(reading) === count) break;
  }
  return readings;
}

describe("a task's stats", () => {
  it("tell its share of the time from the first reading on, its memory and network, and ask the engine nothing", async () => {
    await using bench = startDriver({ topology });
    const task = await bench.start(`nc -w 1 192.0.2.1 80 & ${busy}`, {
      driverConfig: { network_mode: "bridge" },
    });
    await readSome(bench, task.id, 1);
    const before = [...bench.engine.calls.values()].reduce((total, count) => total + count, 0);
    const readings = await readSome(bench, task.id, 3);
    const after = [...bench.engine.calls.values()].reduce((total, count) => total + count, 0);
    // Where its cgroup is, once.
    expect(after - before).toBe(1);
    for (const { id, cpu, memory, network, blockIo } of readings) {
      expect(id).toBe(task.id);
      expect(cpu.percent).toBeGreaterThan(0);
      expect(cpu.percent).toBeLessThan(130);
      expect(cpu.userPercent + cpu.systemPercent).toBeLessThanOrEqual(400);
      expect(cpu.totalTicks).toBeCloseTo((cpu.percent / 100) * 2000, 3);
      expect(memory.usageBytes).toBeGreaterThan(1_000_000);
      expect(memory.maxUsageBytes).toBeGreaterThanOrEqual(memory.usageBytes);
      expect(network?.receivedPackets).toBeGreaterThanOrEqual(0);
      expect(blockIo?.writtenBytes).toBeGreaterThanOrEqual(0);
    }
    expect(readings.at(-1)?.network?.sentBytes).toBeGreaterThan(0);
  });

  it("are the same from the kernel as from an engine that runs elsewhere", async () => {
    await using proxy = await elsewhere();
    await using here = startDriver();
    const script =
      "mkfifo /tmp/pipe; x=$(head -c 8000000 /dev/zero | tr '\\0' a); echo ready; read line < /tmp/pipe";
    const sink = new MemorySink();
    const task = await here.start(script, {}, { logs: sink });
    await sink.until((text) => text.includes("ready"));
    const handle = {
      version: 1,
      config: task,
      driverState: { containerId: here.driver.inspectTask(task.id).attributes.container_id ?? "" },
    };
    await using away = startDriver({ endpoint: proxy.endpoint });
    await away.driver.recoverTask(handle);
    // What the shell uses to come up is over when it sleeps.
    const isAsleep = ({ cpu }: TaskStats) => cpu.percent < 1;
    for await (const reading of here.driver.taskStats(task.id, { intervalMs: 200 }))
      if (isAsleep(reading)) break;
    const [[kernel], [engine]] = await Promise.all([readSome(here, task.id, 1), readSome(away, task.id, 1)]);
    const { usageBytes: _batched, ...memory } = kernel?.memory ?? {};
    expect(engine?.memory).toMatchObject(memory);
    expect(engine?.cpu.throttledPeriods).toBe(kernel?.cpu.throttledPeriods);
    expect(Object.keys(engine ?? {})).toEqual(Object.keys(kernel ?? {}));
    expect(away.engine.calls.get("GET /containers/{id}/stats")).toBeGreaterThanOrEqual(2);
    expect(here.engine.calls.has("GET /containers/{id}/stats")).toBe(false);
  });

  it("tell how often a hard limit held it up", async () => {
    await using bench = startDriver({ topology });
    const driverConfig = { cpu_hard_limit: true, cpu_cfs_period: 10_000 };
    const resources = {
      cpuMhz: 100,
      memoryMb: 64,
      memoryMaxMb: 0,
      cpusetCpus: "",
      percentTicks: 0.05,
      ports: [],
      networks: [],
    };
    const task = await bench.start("while :; do :; done", { driverConfig, resources });
    const [, second] = await readSome(bench, task.id, 2);
    expect(second?.cpu.throttledPeriods).toBeGreaterThan(0);
    expect(second?.cpu.throttledTimeNs).toBeGreaterThan(0);
    expect(second?.cpu.percent).toBeLessThan(60);
  });

  it("end with the task, and with their reader", async () => {
    await using bench = startDriver();
    const task = await bench.start("sleep 600");
    const caller = new AbortController();
    const all = async (signal?: AbortSignal) => {
      let count = 0;
      for await (const _ of bench.driver.taskStats(task.id, { intervalMs: 100, signal })) {
        if (++count === 2) caller.abort();
      }
      return "ended";
    };
    expect(await all(caller.signal)).toBe("ended");
    const rest = all();
    await bench.driver.stopTask(task.id, { graceMs: 0 });
    expect(await rest).toBe("ended");
    expect(await all()).toBe("ended");
  });

  it("cannot be read in no time, or less often than a timer knows", async () => {
    await using bench = startDriver();
    const { task } = await bench.run("true");
    for (const intervalMs of [0, -1, Number.NaN, 2 ** 31]) {
      const first = bench.driver.taskStats(task.id, { intervalMs })[Symbol.asyncIterator]().next();
      await expect(first).rejects.toMatchObject({ kind: "invalid" });
    }
  });
});
