import { describe, expect, it } from "vitest";
import { pause } from "../task/index.ts";
import { FanOut } from "./fan-out.ts";
import { ReaderPace } from "./logs/reader-pace.ts";

const read = async (items: AsyncIterable<number>) => {
  const all: number[] = [];
  for await (const item of items) all.push(item);
  return all;
};

describe("a fan-out", () => {
  it("hands every item to each reader from its first call on", async () => {
    const fan = new FanOut<number>(10, () => -1);
    const first = fan.read({ first: [0] });
    fan.push(1);
    const second = fan.read();
    fan.push(2);
    fan.close();
    expect(await Promise.all([read(first), read(second)])).toEqual([[0, 1, 2], [2]]);
    expect(await read(fan.read())).toEqual([]);
  });

  it("drops the oldest of a slow reader and tells how many", async () => {
    const fan = new FanOut<number>(2, (lost) => -lost);
    const items = fan.read();
    for (const item of [1, 2, 3, 4, 5]) fan.push(item);
    fan.close();
    expect(await read(items)).toEqual([-3, 4, 5]);
  });

  it("ends for a reader whose signal aborts", async () => {
    const fan = new FanOut<number>(2, () => -1);
    const caller = new AbortController();
    const reading = read(fan.read({ signal: caller.signal }));
    caller.abort();
    expect(await reading).toEqual([]);
    expect(await read(fan.read({ signal: caller.signal }))).toEqual([]);
  });
});

it("many may follow one task, without a warning of a leak", async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => warnings.push(warning);
  process.on("warning", onWarning);
  const { signal } = new AbortController();
  const fan = new FanOut<number>(1, () => 0);
  for (let readers = 0; readers < 20; readers++) {
    fan.read({ signal });
    new ReaderPace(signal);
  }
  // Node.js warns in a turn of its own.
  await pause(0, undefined);
  process.off("warning", onWarning);
  expect(warnings).toEqual([]);
});
