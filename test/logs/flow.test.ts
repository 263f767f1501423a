import { describe, expect, it } from "vitest";
import { bed, startFaultProxy } from "../bed/index.ts";
import { fromEngine, MemorySink, StuckSink, startDriver } from "../driver/driver-bed.ts";

const numbered = (count: number) => Array.from({ length: count }, (_, n) => `line ${n + 1}`);
const counting = (count: number, pause: string) =>
  `n=0; while [ $n -lt ${count} ]; do n=$((n+1)); echo line $n; ${pause}; done`;

describe("a reader that takes nothing", () => {
  it("holds up its own task's output only, and gets all of it in the end", async () => {
    await using bench = startDriver({ outputLimits: { readerStuckMs: 1000 } });
    const stuck = new StuckSink();
    const slow = await bench.start(counting(3000, ":"), {}, { logs: stuck });
    await stuck.taken.promise;
    const other = await bench.run(counting(3000, ":"));
    expect(other.stdout.split("\n").slice(0, -1)).toEqual(numbered(3000));
    expect(stuck.chunks).toHaveLength(1);
    // Its end is told although its reader takes nothing.
    expect(await bench.driver.waitTask(slow.id)).toMatchObject({ exitCode: 0 });
    stuck.letGo.resolve();
    await stuck.until((text) => text.endsWith("line 3000\n"));
    expect(stuck.text().split("\n").slice(0, -1)).toEqual(numbered(3000));
  });
});

describe("a terminal's output", () => {
  it("is read without a loss while the connection breaks again and again", async () => {
    await using proxy = await startFaultProxy({ target: bed().socket });
    await using bench = startDriver({ ...fromEngine, endpoint: proxy.endpoint });
    const sink = new MemorySink();
    const driverConfig = { tty: true };
    const task = await bench.start(counting(200, "sleep 0.005"), { driverConfig }, { logs: sink });
    for (const mark of [20, 60, 120]) {
      await sink.until((text) => text.includes(`line ${mark}\r\n`));
      proxy.cut();
    }
    await bench.driver.waitTask(task.id);
    expect(sink.text().split("\r\n").slice(0, -1)).toEqual(numbered(200));
  });
});

describe("a log driver", () => {
  it("that cannot be read is told of once, and the task runs", async () => {
    await using proxy = await startFaultProxy({ target: bed().socket });
    await using bench = startDriver({ endpoint: proxy.endpoint });
    const sink = new MemorySink();
    const driverConfig = { logging: [{ type: "none" }] };
    const task = await bench.start("sleep 600", { driverConfig }, { logs: sink });
    const note = await bench.event(({ message }) => message.includes("cannot be read"));
    expect(note.message).toContain("does not support reading");
    proxy.cut();
    await bench.event(({ detail }) => detail.type === "engine-back");
    expect(bench.driver.inspectTask(task.id).phase).toBe("running");
    await bench.driver.stopTask(task.id, { graceMs: 0 });
    expect(bench.events.filter(({ message }) => message.includes("cannot be read"))).toHaveLength(1);
    expect(proxy.counts.get("GET /containers/{id}/logs")).toBe(1);
    expect(sink.ended).toBe(true);
  });

  it("that keeps bytes as they are has them handed on unchanged, also what is no text", async () => {
    await using bench = startDriver();
    const sink = new MemorySink();
    const driverConfig = { logging: [{ type: "local" }] };
    const script = "printf '\\377\\376\\000\\001 \\303\\050 \\360\\237\\n\\200end'";
    const task = await bench.start(script, { driverConfig }, { logs: sink });
    await bench.driver.waitTask(task.id);
    const bytes = Buffer.concat(sink.chunks.map(({ chunk }) => chunk.data));
    expect(bytes).toEqual(Buffer.from("fffe000120c32820f09f0a80656e64", "hex"));
  });
});
