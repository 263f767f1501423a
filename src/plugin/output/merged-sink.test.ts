import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LogChunk, LogPosition, LogSink } from "../../task/index.ts";
import { createMergedSink } from "./merged-sink.ts";

const chunk = (text: string, stream: LogChunk["stream"] = "stdout"): LogChunk => ({
  stream,
  data: Buffer.from(text),
});
const at = (frames: number): LogPosition => ({ timeNs: "1000", frames });

/** Tells what it was given; takes some of it only a moment later. */
function createRecorder(isSlow: (writes: number) => boolean = () => false) {
  const written: string[] = [];
  let busy = false;
  const sink: LogSink = {
    write({ stream, data }, position) {
      expect(busy).toBe(false);
      written.push(`${stream} ${Buffer.from(data)} ${position?.frames}`);
      if (!isSlow(written.length)) return undefined;
      busy = true;
      return new Promise((resolve) =>
        setImmediate(() => {
          busy = false;
          resolve();
        }),
      );
    },
    end: () => void written.push("end"),
  };
  return { sink, written };
}

describe("createMergedSink", () => {
  it("hands small chunks of one stream on together, with the last one's position", async () => {
    const { sink, written } = createRecorder();
    const merged = createMergedSink(sink, 8);
    for (const [index, text] of ["aa", "bb", "cc", "dddd", "e"].entries())
      expect(merged.write(chunk(text), at(index))).toBeUndefined();
    void merged.write(chunk("E", "stderr"), at(5));
    void merged.write(chunk("a long one"), at(6));
    await merged.end();
    expect(written).toEqual([
      "stdout aabbcc 2",
      "stdout dddde 4",
      "stderr E 5",
      "stdout a long one 6",
      "end",
    ]);
  });

  it("hands on what there is at the end of the turn", async () => {
    const { sink, written } = createRecorder();
    const merged = createMergedSink(sink, 8);
    void merged.write(chunk("a"), at(1));
    expect(written).toEqual([]);
    await undefined;
    expect(written).toEqual(["stdout a 1"]);
  });

  it("tells the next one who writes, and the end, that the sink has failed", async () => {
    const failing = createMergedSink(
      {
        write: () => {
          throw new Error("no room");
        },
        end: () => undefined,
      },
      8,
    );
    expect(failing.write(chunk("a"), at(1))).toBeUndefined();
    await undefined;
    await expect(failing.write(chunk("b"), at(2))).rejects.toThrow("no room");
    await expect(failing.end()).rejects.toThrow("no room");
  });

  it("keeps every byte in its order, one write at a time, however slow the sink is", async () => {
    const chunks = fc.array(fc.record({ stderr: fc.boolean(), bytes: fc.integer({ min: 1, max: 12 }) }));
    await fc.assert(
      fc.asyncProperty(chunks, fc.integer({ min: 1, max: 4 }), fc.boolean(), async (all, slowness, waits) => {
        const { sink, written } = createRecorder((writes) => writes % slowness === 0);
        const merged = createMergedSink(sink, 8);
        let expected = "";
        for (const [index, { stderr, bytes }] of all.entries()) {
          const text = String.fromCharCode(97 + (index % 26)).repeat(bytes);
          expected += stderr ? text.toUpperCase() : text;
          const taken = merged.write(chunk(text, stderr ? "stderr" : "stdout"), at(index));
          if (taken !== undefined || waits) await taken;
        }
        await merged.end();
        const got = written.slice(0, -1).map((line) => line.split(" "));
        const toText = ([stream, text = ""]: string[]) => (stream === "stderr" ? text.toUpperCase() : text);
        expect(got.map(toText).join("")).toBe(expected);
        if (all.length > 0) expect(got.at(-1)?.[2]).toBe(String(all.length - 1));
      }),
    );
  });
});
