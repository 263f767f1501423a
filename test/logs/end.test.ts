import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { LogChunk, LogPosition, TaskConfig } from "../../src/task/index.ts";
import { bed, callEngineOk, type Fault, type FaultProxy, startFaultProxy } from "../bed/index.ts";
import { fromEngine, MemorySink, StuckSink, startDriver, type TestDriver } from "../driver/driver-bed.ts";

const logCalls = /\/logs$/;
const lines = (count: number) => Array.from({ length: count }, (_, n) => `line ${n + 1}\n`).join("");
const saying = (count: number) => `n=0; while [ $n -lt ${count} ]; do n=$((n+1)); echo line $n; done`;

/** A proxy that lets the fault happen to the first requests for logs, as many as are given. */
async function startLogProxy(...faults: readonly Fault[]): Promise<FaultProxy> {
  const proxy = await startFaultProxy({ target: bed().socket });
  proxy.rule((_, path, { count }) => (logCalls.test(path) ? (faults[count - 1] ?? "pass") : "pass"));
  return proxy;
}

const notesOf = ({ events }: TestDriver) =>
  events.filter(({ detail }) => detail.type === "note").map(({ message }) => message);

const idOf = ({ driver }: TestDriver, { id }: TaskConfig) => driver.inspectTask(id).attributes.container_id;

/** Takes each piece only a while after it was given. */
class SlowSink extends MemorySink {
  override async write(chunk: LogChunk, position: LogPosition | undefined): Promise<void> {
    await pause(15);
    super.write(chunk, position);
  }
}

describe("the end of a task", () => {
  it.each<[string, Fault]>([
    ["has fallen silent", { hangAfter: 0 }],
    ["is not answered", "hang"],
    ["stalls within a line", { hangAfter: 60 }],
  ])("is told after all of its output, when its stream %s", async (_, fault) => {
    await using proxy = await startLogProxy(fault);
    await using bench = startDriver({
      ...fromEngine,
      endpoint: proxy.endpoint,
      outputLimits: { engineSilentMs: 3000 },
    });
    const ran = await bench.run(`${saying(20)}; exit 6`);
    expect(ran).toMatchObject({ stdout: lines(20), exit: { exitCode: 6 } });
    expect(notesOf(bench)).toEqual([]);
  });

  it("waits for an engine that went away meanwhile", async () => {
    // The first answer when it is back goes wrong as well.
    await using proxy = await startLogProxy("hang", "cut");
    await using bench = startDriver({ ...fromEngine, endpoint: proxy.endpoint });
    const sink = new MemorySink();
    const task = await bench.start(`${saying(20)}; exit 6`, {}, { logs: sink });
    await callEngineOk(bed().socket, "POST", `/containers/${idOf(bench, task)}/wait`);
    await proxy.refuse(true);
    await bench.event(({ detail }) => detail.type === "engine-lost");
    expect(bench.driver.inspectTask(task.id).phase).not.toBe("exited");
    await proxy.refuse(false);
    expect(await bench.driver.waitTask(task.id)).toMatchObject({ exitCode: 6 });
    expect(sink.text()).toBe(lines(20));
  });

  it("is that of its container also if someone starts that again", async () => {
    await using proxy = await startLogProxy({ hangAfter: 0 });
    await using bench = startDriver({
      ...fromEngine,
      endpoint: proxy.endpoint,
      outputLimits: { engineSilentMs: 3000 },
    });
    const sink = new MemorySink();
    const script = "trap 'exit 6' TERM; echo hi; touch /local/up; while :; do sleep 1000 & wait; done";
    const task = await bench.start(script, {}, { logs: sink });
    const local = join(task.allocDir, task.name, "local");
    while (!existsSync(join(local, "up"))) await pause(10);
    await callEngineOk(bed().socket, "POST", `/containers/${idOf(bench, task)}/restart?t=5`);
    expect(await bench.driver.waitTask(task.id)).toMatchObject({ exitCode: 6 });
    expect(sink.text()).toMatch(/^hi\n/);
    expect(notesOf(bench)).toEqual([]);
  });

  it("outlasts an engine that answers for a while that it is not well", async () => {
    const unwell = { status: 500, body: { message: "starting" } };
    await using proxy = await startLogProxy(...Array<Fault>(5).fill(unwell));
    await using bench = startDriver({ ...fromEngine, endpoint: proxy.endpoint });
    expect(await bench.run(saying(20))).toMatchObject({ stdout: lines(20) });
  });

  it("is told without the output that an engine keeps to itself for long, and that is said once", async () => {
    await using proxy = await startLogProxy(...Array<Fault>(100).fill("hang"));
    await using bench = startDriver({
      ...fromEngine,
      endpoint: proxy.endpoint,
      outputLimits: { engineSilentMs: 300 },
    });
    const { task, exit, stdout } = await bench.run(saying(20));
    expect([exit.exitCode, stdout]).toEqual([0, ""]);
    await bench.driver.destroyTask(task.id);
    expect(notesOf(bench)).toEqual([
      "The task's output cannot be read: the engine has handed over nothing for 0.3 s, what came then may be lost",
    ]);
  });

  it("tells from when on output is missing whose container was removed before it was read", async () => {
    await using proxy = await startFaultProxy({ target: bed().socket });
    await using bench = startDriver({ ...fromEngine, endpoint: proxy.endpoint });
    const sink = new MemorySink();
    const task = await bench.start(`${saying(20)}; sleep 600`, {}, { logs: sink });
    await sink.until((text) => text.endsWith("line 20\n"));
    proxy.rule((_, path) => (logCalls.test(path) ? "cut" : "pass"));
    proxy.cut();
    await bench.event(({ detail }) => detail.type === "engine-back");
    await callEngineOk(bed().socket, "DELETE", `/containers/${idOf(bench, task)}?force=true`);
    proxy.rule(undefined);
    await bench.driver.waitTask(task.id);
    expect(notesOf(bench)).toEqual([
      expect.stringMatching(
        /^The task's output cannot be read: its container was removed, what came after \d{4}-\S+Z may be lost$/,
      ),
    ]);
  });
});

describe("a task's removal", () => {
  it("waits for a reader that is slow, as long as it takes something", async () => {
    await using bench = startDriver({ outputLimits: { readerStuckMs: 250 } });
    const sink = new SlowSink();
    const task = await bench.start(saying(60), {}, { logs: sink });
    await callEngineOk(bed().socket, "POST", `/containers/${idOf(bench, task)}/wait`);
    await bench.driver.destroyTask(task.id, { force: true });
    expect(sink.text()).toBe(lines(60));
    expect(notesOf(bench)).toEqual([]);
  });

  it("waits for who reads its output besides the host, and tells one that stands still", async () => {
    await using bench = startDriver({ outputLimits: { readerStuckMs: 250 } });
    const task = await bench.start(saying(60));
    const [slow, still] = [bench.driver.taskLogs(task.id), bench.driver.taskLogs(task.id)];
    const read: Uint8Array[] = [];
    const reading = (async () => {
      for await (const { data } of slow) {
        read.push(data);
        await pause(15);
      }
    })();
    const rest = still[Symbol.asyncIterator]();
    await rest.next();
    await bench.driver.waitTask(task.id);
    await bench.driver.destroyTask(task.id);
    await reading;
    expect(Buffer.concat(read).toString()).toBe(lines(60));
    const end = async () => {
      while (!(await rest.next()).done);
    };
    await expect(end()).rejects.toMatchObject({
      kind: "not-found",
      message: 'task "app" was destroyed while its output was read',
    });
  });

  it("does not wait for ever for one that takes nothing, and tells what that has missed", async () => {
    await using bench = startDriver({ outputLimits: { readerStuckMs: 250 } });
    const sink = new StuckSink();
    const task = await bench.start(`${saying(3)}; sleep 600`, {}, { logs: sink });
    await sink.taken.promise;
    await bench.driver.destroyTask(task.id, { force: true });
    await bench.event(({ message }) => message === "Output is lost: its reader has taken nothing for 0.25 s");
    expect(notesOf(bench)).toHaveLength(1);
    sink.letGo.resolve();
    expect(sink.chunks).toHaveLength(1);
  });
});
