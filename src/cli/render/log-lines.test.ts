import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LineSplitter, toPrefixedLine } from "./log-lines.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("LineSplitter", () => {
  it("gives whole lines and keeps the rest until the end", () => {
    const splitter = new LineSplitter();
    expect(splitter.push(bytes("one\ntw"))).toEqual(["one"]);
    expect(splitter.push(bytes("o\r\n\nthr"))).toEqual(["two", ""]);
    expect(splitter.end()).toEqual(["thr"]);
    expect(splitter.end()).toEqual([]);
  });

  it("keeps a character whole that two pieces share", () => {
    const splitter = new LineSplitter();
    const euro = bytes("1 €\n");
    expect(splitter.push(euro.subarray(0, 3))).toEqual([]);
    expect(splitter.push(euro.subarray(3))).toEqual(["1 €"]);
  });

  it("shows bytes that are no UTF-8 as replacement characters", () => {
    const splitter = new LineSplitter();
    expect(splitter.push(Uint8Array.of(0x61, 0xff, 0x62, 0x0a))).toEqual(["a\ufffdb"]);
    expect(splitter.push(Uint8Array.of(0xe2, 0x82))).toEqual([]);
    expect(splitter.end()).toEqual(["\ufffd"]);
  });

  it("passes a line on in pieces once it is longer than it keeps", () => {
    const splitter = new LineSplitter();
    const lines = [...splitter.push(bytes("x".repeat(1024 * 1024))), ...splitter.push(bytes("y\n"))];
    expect(lines.map((line) => line.length)).toEqual([1024 * 1024, 1]);
  });

  it("gives the same lines however the bytes are cut", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.array(fc.nat(40)), (text, cuts) => {
        const data = bytes(text);
        const splitter = new LineSplitter();
        const lines: string[] = [];
        let start = 0;
        for (const cut of cuts) {
          lines.push(...splitter.push(data.subarray(start, start + cut)));
          start += cut;
        }
        lines.push(...splitter.push(data.subarray(start)), ...splitter.end());
        const expected = text
          .split("\n")
          .map((line, index, all) =>
            line.endsWith("\r") && index <= all.length - 1 ? line.slice(0, -1) : line,
          );
        if (text.endsWith("\n") || text === "") expected.pop();
        expect(lines).toEqual(expected);
      }),
    );
  });
});

describe("toPrefixedLine", () => {
  const table: readonly (readonly [string, string, string])[] = [
    ["plain text", "a b\tc", "> a b\tc"],
    ["colours stay and end with the line", "\u001b[31mred", "> \u001b[31mred\u001b[0m"],
    ["a carriage return starts again behind the prefix", "10%\r20%", "> 10%\r> 20%"],
    ["cursor movements and clearing are left out", "a\u001b[2J\u001b[1A\u001b[Kb", "> ab"],
    ["titles, resets and backspaces are left out", "\u001b]0;t\u0007\u001bca\bb\u0000", "> ab"],
    ["eight-bit control characters are left out", "a\u009b2Jb\u0085", "> a2Jb"],
    [
      "links stay",
      "\u001b]8;;http://x\u0007x\u001b]8;;\u0007",
      "> \u001b]8;;http://x\u0007x\u001b]8;;\u0007",
    ],
    ["an unfinished sequence is left out", "a\u001b[12", "> a"],
  ];
  it.each(table)("%s", (_, line, expected) => {
    expect(toPrefixedLine("> ", line)).toBe(expected);
  });
});
