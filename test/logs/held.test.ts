import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect, it } from "vitest";
import type { LogChunk, LogPosition } from "../../src/task/index.ts";
import { deferred } from "../bed/index.ts";
import {
  type BenchOptions,
  fromEngine,
  makeShellTask,
  StuckSink,
  startDriver,
} from "../driver/driver-bed.ts";

/** Several times as much as is kept and as pipes hold on the way to the engine. */
const count = 80_000;
/** Less than fills a log file: followers of engine 20.10 miss one that is full before they have looked. */
const portion = 2000;
const script = [
  `for to in $(seq ${portion} ${portion} ${count}); do`,
  `  seq $((to - ${portion - 1})) $to | sed "s/^/line /"; sleep 0.01`,
  "done; touch /local/written",
  "while [ ! -e /local/back ]; do sleep 0.01; done",
  `seq ${count + 1} ${count + 20} | sed "s/^/line /"`,
].join("\n");

/** Takes nothing after a first piece until it is let go, and tells when it has the last line of the first part. */
class HeldSink extends StuckSink {
  readonly last = deferred();

  override async write(chunk: LogChunk, position: LogPosition | undefined): Promise<void> {
    if (Buffer.from(chunk.data).toString() === `line ${count}\n`) this.last.resolve();
    await super.write(chunk, position);
  }
}

/** The numbered lines that a sink is given which takes nothing while many log files are begun, and the notes on them. */
async function readHeld(options: BenchOptions, [maxSize, maxFiles]: readonly [string, string]) {
  await using bench = startDriver(options);
  const sink = new HeldSink();
  const logging = [{ type: "json-file", config: [{ "max-size": maxSize, "max-file": maxFiles }] }];
  const task = await makeShellTask(script, { driverConfig: { logging } });
  const local = (name: string) => join(task.allocDir, task.name, "local", name);
  await bench.startTask(task, { logs: sink });
  while (!existsSync(local("written"))) await pause(10);
  sink.letGo.resolve();
  await sink.last.promise;
  await writeFile(local("back"), "");
  await bench.driver.waitTask(task.id);
  const notes = bench.events.filter(({ detail }) => detail.type === "note").map(({ message }) => message);
  return { chunks: sink.chunks.map(({ chunk }) => chunk), notes };
}

const numberOf = ({ data }: LogChunk) => Number(/^line (\d+)\n$/.exec(Buffer.from(data).toString())?.[1]);

const sources = [
  ["of the engine's files", {}, "50k"],
  ["of the engine", fromEngine, "1m"],
] as const;

it.each(sources)("a reader %s that was held up gets all that was written meanwhile", async (_, options) => {
  const { chunks, notes } = await readHeld(options, ["300k", "30"]);
  const wrong = chunks.findIndex((chunk, index) => numberOf(chunk) !== index + 1);
  expect(wrong < 0 ? undefined : `line ${wrong + 1} is not there`).toBeUndefined();
  expect(chunks).toHaveLength(count + 20);
  expect(notes).toEqual([]);
});

it.each(sources)(
  "a reader %s that was held up for too long is told which lines it does not get",
  async (_, options, maxSize) => {
    const { chunks, notes } = await readHeld(options, [maxSize, "2"]);
    const jumps = chunks.slice(1).flatMap((chunk, index) => {
      const before = chunks[index];
      return before && numberOf(chunk) !== numberOf(before) + 1 ? [timesOf(before, chunk)] : [];
    });
    // The engine goes on beginning new files while the reader catches up: more may be gone before it comes.
    expect(jumps).not.toEqual([]);
    expect(notes).toEqual(jumps.map((times) => expect.stringContaining(`Output ${times} is lost`)));
    expect(chunks.map(numberOf).at(-1)).toBe(count + 20);
  },
);

function timesOf(before: LogChunk, after: LogChunk): string {
  const [from, to] = [before, after].map(({ timeNs }) =>
    new Date(Number((timeNs ?? 0n) / 1_000_000n)).toISOString(),
  );
  return `after ${from} and before ${to}`;
}
