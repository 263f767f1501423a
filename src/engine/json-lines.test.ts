import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseJsonLine, readLines } from "./json-lines.ts";

async function* cut(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (const size of sizes) {
    yield bytes.subarray(at, at + size);
    at += size;
  }
  yield bytes.subarray(at);
}

describe("lines of JSON", () => {
  it("come out whole wherever the chunks were cut, within characters too", async () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 7 }));
    const values = fc.array(fc.record({ id: fc.string({ unit: "grapheme" }), n: fc.integer() }));
    await fc.assert(
      fc.asyncProperty(values, sizes, fc.constantFrom("\n", "\r\n"), async (sent, cuts, end) => {
        const text = sent.map((value) => `${JSON.stringify(value)}${end}`).join("");
        const got: unknown[] = [];
        for await (const line of readLines(cut(Buffer.from(text), cuts))) got.push(parseJsonLine("x", line));
        expect(got).toEqual(sent);
      }),
    );
  });

  it("need no line end after the last one", async () => {
    const lines: string[] = [];
    for await (const line of readLines(cut(Buffer.from('{"a":1}\n{"b":2}'), [3]))) lines.push(line);
    expect(lines).toEqual(['{"a":1}', '{"b":2}']);
  });

  it("that are cut off are an error that may be tried again", () => {
    expect(() => parseJsonLine("pull x", '{"a":')).toThrow(
      expect.objectContaining({ kind: "unavailable", message: expect.stringContaining("Cannot pull x") }),
    );
  });

  it("may not be longer than 16 MiB", async () => {
    async function* endless() {
      for (;;) yield Buffer.alloc(1024 * 1024, "x");
    }
    await expect(readLines(endless()).next()).rejects.toMatchObject({ kind: "internal" });
  });
});
