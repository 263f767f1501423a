import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { untilAborted } from "./until-aborted.ts";

const megabyte = 1024 * 1024;

function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
}

async function* pieces(count: number): AsyncGenerator<Uint8Array> {
  for (let n = 0; n < count; n++) yield Buffer.alloc(megabyte, n);
}

describe("items until a signal aborts", () => {
  it("come to their own end, and what has gone by is not kept", async () => {
    const signal = new AbortController().signal;
    let total = 0;
    let most = 0;
    const before = process.memoryUsage().arrayBuffers;
    for await (const piece of untilAborted(pieces(96), signal)) {
      total += piece.byteLength;
      if (total % (16 * megabyte) !== 0) continue;
      collectGarbage();
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }
    expect(total).toBe(96 * megabyte);
    expect(most).toBeLessThan(48 * megabyte);
  });

  it("end when it aborts, also while the next one does not come, and at once when it has aborted", async () => {
    const ending = new AbortController();
    async function* stuck() {
      yield 1;
      await new Promise(() => undefined);
    }
    const seen: number[] = [];
    for await (const item of untilAborted(stuck(), ending.signal)) {
      seen.push(item);
      queueMicrotask(() => ending.abort());
    }
    for await (const item of untilAborted(stuck(), ending.signal)) seen.push(item);
    expect(seen).toEqual([1]);
  });

  it("fail as they do", async () => {
    async function* failing() {
      yield 1;
      throw new Error("gone");
    }
    const read = async () => {
      for await (const _ of untilAborted(failing(), new AbortController().signal));
    };
    await expect(read()).rejects.toThrow("gone");
  });
});
