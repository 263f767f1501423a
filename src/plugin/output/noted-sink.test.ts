import { describe, expect, it } from "vitest";
import type { LogChunk, LogPosition } from "../../task/index.ts";
import { createNotedSink } from "./noted-sink.ts";
import type { Noted } from "./position-note.ts";

const position = { timeNs: "1000", frames: 1 };
const chunk = (text: string): LogChunk => ({ stream: "stdout", data: Buffer.from(text) });

/** What is written of two chunks, where the collector's file ends with `tail`. */
async function writeAll(noted: Partial<Noted>, tail: string, first: string): Promise<string> {
  let written = "";
  const sink = {
    write: ({ data }: LogChunk) => {
      written += Buffer.from(data).toString("utf8");
    },
    end: () => undefined,
  };
  const tails = {
    stdout: tail === "" ? undefined : { data: Buffer.from(tail), writtenMs: 0 },
    stderr: undefined,
  };
  const whole: Noted = { position: undefined, partialBytes: 0, pendingBytes: 0, ...noted };
  const resumed = createNotedSink(sink, whole, tails);
  await resumed.write(chunk(first), position);
  await resumed.write(chunk("two\n"), position);
  await resumed.end();
  return written;
}

describe("createNotedSink", () => {
  it.each([
    ["before\n", "one\ntwo\n"],
    ["", "one\ntwo\n"],
    ["before\none\n", "two\n"],
    ["one\n", "two\n"],
  ])(
    "writes the piece that was on its way only where the files, ending with %j, have it not",
    async (tail, written) => {
      expect(await writeAll({ pendingBytes: 4 }, tail, "one\n")).toBe(written);
    },
  );

  it.each([
    ["..0123", "456789two\n"],
    ["..012345", "6789two\n"],
  ])("goes on in the middle of a long chunk, where the files end with %j", async (tail, written) => {
    expect(await writeAll({ partialBytes: 4, pendingBytes: 2 }, tail, "0123456789")).toBe(written);
  });

  it.each([
    ["before\n", "one\ntwo\n"],
    ["one\n", "one\ntwo\n"],
    ["one\ntwo\n", ""],
  ])("takes a piece of several chunks as a whole, where the files end with %j", async (tail, written) => {
    expect(await writeAll({ pendingBytes: 8 }, tail, "one\n")).toBe(written);
  });

  it.each([
    ["of a whole piece", 12, "one\ntwo\nsix\n", ["9", ""]],
    ["of a piece that ends within a chunk", 6, "one\ntw", ["8", "o\n"]],
  ])("hands on no place amid what the files hold, %s", async (_which, pendingBytes, tail, first) => {
    const written: [string | undefined, string][] = [];
    const write = ({ data }: LogChunk, at?: LogPosition) => {
      written.push([at?.timeNs, Buffer.from(data).toString("utf8")]);
    };
    const tails = { stdout: { data: Buffer.from(tail), writtenMs: 0 }, stderr: undefined };
    const noted = { position: undefined, partialBytes: 0, pendingBytes };
    const resumed = createNotedSink({ write, end: () => undefined }, noted, tails);
    for (const [n, text] of ["one\n", "two\n", "six\n"].entries())
      await resumed.write(chunk(text), { timeNs: `${7 + n}`, frames: 1 });
    expect(written[0]).toEqual(first);
  });

  it("writes what it held when the output ends before all of the piece has come again", async () => {
    expect(await writeAll({ pendingBytes: 100 }, "one\n", "one\n")).toBe("one\ntwo\n");
  });

  it("writes all that came after a process that had nothing on its way", async () => {
    expect(await writeAll({}, "one\n", "one\n")).toBe("one\ntwo\n");
  });
});
