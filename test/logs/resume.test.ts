import { once } from "node:events";
import { watch } from "node:fs";
import { access, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import type { LogChunk, LogPosition, TaskHandle } from "../../src/task/index.ts";
import {
  type BenchOptions,
  fromEngine,
  MemorySink,
  makeShellTask,
  startDriver,
  type TestDriver,
} from "../driver/driver-bed.ts";
import { type Entry, LogFile, seconds } from "./log-file.ts";

/** A task that has ended without output, and its log to write into; the caller destroys it. */
async function endedTask(bench: TestDriver, overrides: Readonly<Record<string, unknown>> = {}) {
  const task = await makeShellTask("true", { driverConfig: overrides });
  const { handle } = await bench.startTask(task);
  await bench.driver.waitTask(task.id);
  return { handle, log: await LogFile.of(handle.driverState.containerId) };
}

/** What a driver that knows nothing of the task reads from a position on, and what it says about it. */
async function readFrom(
  handle: TaskHandle,
  logPosition: LogPosition | undefined,
  options: BenchOptions = {},
) {
  await using bench = startDriver(options);
  const sink = new MemorySink();
  await bench.driver.recoverTask(handle, { logs: sink, logPosition });
  await bench.driver.waitTask(handle.config.id);
  const notes = bench.events.filter(({ detail }) => detail.type === "note").map(({ message }) => message);
  const asked = [...bench.engine.calls.keys()].filter((call) => call.endsWith("/logs"));
  return { sink, notes, asked };
}

const textOf = (chunks: readonly { readonly chunk: LogChunk }[]) =>
  Buffer.concat(chunks.map(({ chunk }) => chunk.data)).toString();

const lines = (from: number, count: number, atSecond: number, stepSeconds = 1): Entry[] =>
  Array.from({ length: count }, (_, n) => ({
    ns: seconds(atSecond + n * stepSeconds),
    text: `${from + n}\n`,
  }));

const part = "x".repeat(16 * 1024);
const awkward: Readonly<Record<string, readonly Entry[]>> = {
  "of one nanosecond": Array.from({ length: 12 }, (_, n) => ({ ns: 7n, text: `${n}\n` })),
  "of a line over 16 KiB, and its parts": [
    ...lines(1, 2, 1),
    ...[1, 2, 3, 4].map((n) => ({ ns: seconds(5), text: `${n}${part.slice(1)}` })),
    { ns: seconds(5), text: "end\n" },
    ...lines(3, 2, 6),
  ],
  "written while the clock was set back by an hour, and ahead again": [
    ...lines(1, 4, 7200, 0.1),
    ...lines(5, 4, 3600, 0.1),
    ...lines(9, 3, 9000),
    ...lines(12, 3, 3601),
  ],
  "of two streams that are timed apart": [
    { ns: seconds(10), text: "1\n" },
    { ns: seconds(9.5), text: "2\n", stream: "stderr" },
    { ns: seconds(10.1), text: "3\n" },
    { ns: seconds(9.9), text: "4\n", stream: "stderr" },
    { ns: seconds(10.1), text: "5\n", stream: "stderr" },
    { ns: seconds(10.05), text: "6\n" },
  ],
};

const sources = [
  ["of the engine's files", {}],
  ["of the engine", fromEngine],
] as const;

describe.each([false, true])("output (of a terminal: %s)", (tty) => {
  it.each(Object.entries(awkward))(
    "%s goes on with the very next frame wherever reading stopped",
    async (_, entries) => {
      await using bench = startDriver();
      const { handle, log } = await endedTask(bench, { tty });
      await log.append(entries);
      const all = (await readFrom(handle, undefined)).sink.chunks;
      expect(textOf(all)).toBe(entries.map(({ text }) => text).join(""));
      expect(all).toHaveLength(entries.length);
      const again = (await readFrom(handle, undefined, fromEngine)).sink.chunks;
      expect(again.map(({ position }) => position)).toEqual(all.map(({ position }) => position));
      for (const stop of [1, Math.ceil(all.length / 2), all.length - 1, all.length]) {
        for (const [source, options] of sources) {
          const { sink, notes, asked } = await readFrom(handle, all[stop - 1]?.position, options);
          expect([source, textOf(sink.chunks)]).toEqual([source, textOf(all.slice(stop))]);
          expect(notes).toEqual([]);
          expect(asked).toHaveLength(options === fromEngine ? 1 : 0);
        }
      }
    },
  );
});

describe.each(sources)("output %s that was written while nobody read", (_, options) => {
  it("of thousands of frames goes on with the next one", async () => {
    await using bench = startDriver();
    const { handle, log } = await endedTask(bench);
    await log.append(lines(1, 10, 1));
    const position = (await readFrom(handle, undefined)).sink.chunks.at(-1)?.position;
    await log.append(lines(11, 9000, 20, 0.001));
    const { sink, notes } = await readFrom(handle, position, options);
    expect(sink.text()).toBe(Array.from({ length: 9000 }, (_, n) => `${n + 11}\n`).join(""));
    expect(notes).toEqual([]);
  });

  it("and that the engine has thrown away is told with its time, and the rest is read", async () => {
    await using bench = startDriver();
    const { handle, log } = await endedTask(bench);
    await log.append(lines(1, 10, 1));
    const position = (await readFrom(handle, undefined)).sink.chunks.at(-1)?.position;
    await log.replace(lines(400, 300, 3600));
    const { sink, notes } = await readFrom(handle, position, options);
    expect(sink.text()).toBe(Array.from({ length: 300 }, (_, n) => `${n + 400}\n`).join(""));
    expect(notes).toEqual([
      expect.stringMatching(
        /^Output after 2026-01-01T00:00:10.000Z and before 2026-01-01T01:00:00.000Z is lost/,
      ),
    ]);
  });

  it("and rotated away, by an engine that keeps little, is told, and no line left is lost or doubled", async () => {
    const logging = [{ type: "json-file", config: [{ "max-size": "4k", "max-file": "2" }] }];
    const script = [
      "n=0; say() { n=$((n+1)); echo line $n; }",
      "while [ ! -e /local/away ]; do say; sleep 0.01; done",
      "while [ $n -lt 2000 ]; do say; done; touch /local/written",
      "while [ ! -e /local/back ]; do sleep 0.01; done",
      "while [ $n -lt 2020 ]; do say; done",
    ].join("\n");
    const task = await makeShellTask(script, { driverConfig: { logging } });
    const local = (name: string) => `${task.allocDir}/${task.name}/local/${name}`;
    const first = new MemorySink();
    let handle: TaskHandle;
    {
      await using before = startDriver();
      ({ handle } = await before.driver.startTask(task, { logs: first }));
      await first.until((text) => text.includes("line 20\n"));
    }
    await writeFile(local("away"), "");
    await untilThere(local("written"));
    await using after = startDriver(options);
    const second = new MemorySink();
    await after.driver.recoverTask(handle, { logs: second, logPosition: first.chunks.at(-1)?.position });
    const note = await after.event(({ message }) => message.includes("is lost"));
    expect(note.message).toMatch(/^Output after \S+Z and before \S+Z is lost/);
    await writeFile(local("back"), "");
    await after.driver.waitTask(task.id);
    const numbers = [...second.text().matchAll(/^line (\d+)$/gm)].map(([, n]) => Number(n));
    expect(numbers.at(-1)).toBe(2020);
    expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index));
    await after.driver.destroyTask(task.id);
  });
});

describe("the engine's file of an output", () => {
  it("that is damaged is read as far as it can be, and the rest is told", async () => {
    await using bench = startDriver();
    const { handle, log } = await endedTask(bench);
    await log.append(lines(1, 2, 1));
    await log.appendPart({ ns: seconds(3), text: "lost\n" });
    await log.append(lines(3, 2, 4));
    const { sink, notes } = await readFrom(handle, undefined);
    expect(sink.text()).toBe("1\n2\n3\n4\n");
    expect(notes).toEqual([
      "Output after 2026-01-01T00:00:02.000Z and before 2026-01-01T00:00:04.000Z is lost: the engine's log is damaged there",
    ]);
  });

  it("that someone has emptied is read on, not the one before it, and what is lost is told", async () => {
    await using bench = startDriver();
    const sink = new MemorySink();
    const script = "echo old; while [ ! -e /local/go ]; do sleep 0.01; done; echo new";
    const task = await makeShellTask(script);
    const { handle } = await bench.startTask(task, { logs: sink });
    await sink.until((text) => text === "old\n");
    const log = await LogFile.of(handle.driverState.containerId);
    await log.replaceOlder(lines(1, 3, 1));
    await log.replace([]);
    await writeFile(`${task.allocDir}/${task.name}/local/go`, "");
    await bench.driver.waitTask(task.id);
    expect(sink.text()).toBe("old\nnew\n");
    const notes = bench.events.filter(({ message }) => message.includes("is lost"));
    expect(notes).toHaveLength(1);
  });
});

describe("a reader", () => {
  it("that fails is told of, and one that comes later goes on where it ended", async () => {
    await using bench = startDriver();
    const kept: string[] = [];
    let position: LogPosition | undefined;
    const failing = {
      write({ data }: LogChunk, at: LogPosition | undefined) {
        if (kept.length === 20) throw new Error("the disk is full");
        kept.push(Buffer.from(data).toString());
        position = at;
      },
      end: () => undefined,
    };
    const task = await makeShellTask("n=0; while [ $n -lt 200 ]; do n=$((n+1)); echo $n; sleep 0.002; done");
    const { handle } = await bench.startTask(task, { logs: failing });
    await bench.event(({ message }) => /^Output after \S+Z cannot be kept: the disk is full$/.test(message));
    const later = new MemorySink();
    await bench.driver.recoverTask(handle, { logs: later, logPosition: position });
    await bench.driver.waitTask(task.id);
    expect(kept.join("") + later.text()).toBe(Array.from({ length: 200 }, (_, n) => `${n + 1}\n`).join(""));
  });
});

/** Resolves when the file exists. */
async function untilThere(path: string): Promise<void> {
  const changes = watch(dirname(path));
  try {
    for (;;) {
      const changed = once(changes, "change");
      if (await isThere(path)) return;
      await changed;
    }
  } finally {
    changes.close();
  }
}

async function isThere(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
