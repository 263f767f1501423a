import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readTtyFrames } from "./tty-frames.ts";

const part = 16 * 1024;
const time = (n: number) => `2026-11-24T05:49:47.${String(n).padStart(9, "0")}Z `;
const timeNs = (n: number) => 1795499387000000000n + BigInt(n);

async function* cut(text: string, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text, "latin1");
  let at = 0;
  for (const size of sizes) {
    yield bytes.subarray(at, at + size);
    at += size;
  }
  yield bytes.subarray(at);
}

async function read(text: string, sizes: readonly number[] = []) {
  const frames: (readonly [bigint | undefined, string])[] = [];
  for await (const batch of readTtyFrames(cut(text, sizes)))
    for (const { data, timeNs } of batch) frames.push([timeNs, Buffer.from(data).toString("latin1")]);
  return frames;
}

describe("a terminal's log", () => {
  it("is one frame for each line wherever the chunks were cut, with no time left in the text", async () => {
    const line = fc.string({ unit: "binary-ascii", maxLength: 40 }).map((text) => text.replaceAll("\n", ""));
    const sizes = fc.array(fc.integer({ min: 0, max: 60 }));
    await fc.assert(
      fc.asyncProperty(fc.array(line), sizes, async (lines, cuts) => {
        const text = lines.map((each, n) => `${time(n)}${each}\r\n`).join("");
        expect(await read(text, cuts)).toEqual(lines.map((each, n) => [timeNs(n), `${each}\r\n`]));
      }),
    );
  });

  it("has a long line in parts, each with a time of its own", async () => {
    const [first, second] = ["a".repeat(part), "b".repeat(part)];
    const text = `${time(7)}${first}${time(7)}${second}${time(7)}c\r\n${time(8)}next\r\n`;
    expect(await read(text, [40, part - 3, 30])).toEqual([
      [timeNs(7), first],
      [timeNs(7), second],
      [timeNs(7), "c\r\n"],
      [timeNs(8), "next\r\n"],
    ]);
  });

  it("gives a part of a line at once, and a line's end right behind a whole part", async () => {
    const whole = "a".repeat(part);
    const frames = readTtyFrames(cut(`${time(1)}${whole}${time(1)}\n`, [time(1).length + part]));
    expect((await frames.next()).value?.[0]?.data).toHaveLength(part);
    expect((await frames.next()).value?.[0]?.data).toHaveLength(1);
  });

  it("may end within a line", async () => {
    expect(await read(`${time(1)}$ `)).toEqual([[timeNs(1), "$ "]]);
  });

  it("keeps a time that the task itself wrote", async () => {
    expect(await read(`${time(1)}${time(2)}hello\n`)).toEqual([[timeNs(1), `${time(2)}hello\n`]]);
  });
});
