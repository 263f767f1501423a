import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LogChunk, LogSink } from "../../task/index.ts";
import { createTakeoverSink, findOverlap } from "./takeover-sink.ts";

const writtenMs = 1_000_000;

function collect() {
  const taken: string[] = [];
  const sink: LogSink = {
    write: ({ data }) => void taken.push(Buffer.from(data).toString()),
    end: () => void taken.push("end"),
  };
  return { taken, sink };
}

const chunk = (text: string, afterMs: number, stream: LogChunk["stream"] = "stdout"): LogChunk => ({
  stream,
  data: Buffer.from(text),
  timeNs: BigInt(writtenMs + afterMs) * 1_000_000n,
});

describe("createTakeoverSink", () => {
  const tail = (text: string) => ({ data: Buffer.from(text), writtenMs });

  it("hands on what is not in the files: neither the old, nor what the files end with", async () => {
    const { taken, sink } = collect();
    const takeover = createTakeoverSink(sink, { stdout: tail("1\n2\n3\n"), stderr: undefined });
    const lines = ["1\n", "2\n", "3\n", "4\n", "5\n"].map((text, index) =>
      chunk(text, [-60_000, -900, -20, 5, 300][index] ?? 0),
    );
    for (const line of lines) await takeover.write(line, undefined);
    await takeover.write(chunk("e\n", -60_000, "stderr"), undefined);
    await takeover.end();
    expect(taken).toEqual(["4\n", "5\n", "e\n", "end"]);
  });

  it("hands on the rest of a line of which the files hold the beginning", async () => {
    const { taken, sink } = collect();
    const takeover = createTakeoverSink(sink, { stdout: tail("one\ntw"), stderr: undefined });
    await takeover.write(chunk("one\n", -10), undefined);
    await takeover.write(chunk("two\n", -5), undefined);
    await takeover.end();
    expect(taken).toEqual(["o\n", "end"]);
  });

  it("hands on what was held without anything newer, after a moment", async () => {
    const { taken, sink } = collect();
    const done = new Promise<void>((resolve) => {
      const write: LogSink["write"] = (each, position) => {
        void sink.write(each, position);
        resolve();
      };
      const tails = { stdout: tail("one\n"), stderr: undefined };
      const takeover = createTakeoverSink({ ...sink, write }, tails);
      void takeover.write(chunk("one\n", -10), undefined);
      void takeover.write(chunk("two\n", -5), undefined);
    });
    await done;
    expect(taken).toEqual(["two\n"]);
  });
});

describe("findOverlap", () => {
  it("is the longest beginning of the next that the written ends with", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 12 });
    fc.assert(
      fc.property(text, text, (written, next) => {
        const length = findOverlap(Buffer.from(written), Buffer.from(next));
        expect(written.endsWith(next.slice(0, length))).toBe(true);
        for (let more = length + 1; more <= next.length; more++)
          expect(written.endsWith(next.slice(0, more))).toBe(false);
      }),
    );
  });
});
