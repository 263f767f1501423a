import { describe, expect, it } from "vitest";
import type { LogGap } from "./engine.ts";
import type { TimedFrame } from "./frames.ts";
import { JsonLogReader, toEntryMark } from "./json-log.ts";

const toLine = (text: string, second: number, stream = "stdout") =>
  `${JSON.stringify({ log: text, stream, time: `2026-01-01T00:00:0${second}Z` })}\n`;
const at = (second: number) => BigInt(Date.UTC(2026, 0, 1, 0, 0, second)) * 1_000_000n;

function read(...chunks: readonly (string | Uint8Array)[]) {
  const gaps: LogGap[] = [];
  const reader = new JsonLogReader((gap) => gaps.push(gap));
  const frames = chunks.flatMap((chunk) => reader.read(Buffer.from(chunk)));
  reader.end();
  return { texts: frames.map(toText), gaps };
}

const toText = ({ stream, data, timeNs }: TimedFrame) =>
  `${stream} ${Buffer.from(data).toString()} ${timeNs}`;

describe("a log file of the engine", () => {
  it("tells each entry's stream, text and time", () => {
    const entries = toLine("a <b> & \u2028 \\ é 🙂\n", 1) + toLine("\u0000\t\r\n", 2, "stderr");
    expect(read(entries)).toEqual({
      texts: [`stdout a <b> & \u2028 \\ é 🙂\n ${at(1)}`, `stderr \u0000\t\r\n ${at(2)}`],
      gaps: [],
    });
  });

  it("is read the same wherever its chunks end", () => {
    const bytes = Buffer.from(toLine("é🙂\n", 1) + toLine("part", 2) + toLine("rest\n", 3));
    const whole = read(bytes);
    for (let end = 1; end < bytes.length; end++) {
      expect(read(bytes.subarray(0, end), bytes.subarray(end))).toEqual(whole);
    }
    expect(read(...[...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(whole);
  });

  it("may have entries with attributes, in any order", () => {
    const line = `{"attrs":{"time":"x"},"time":"2026-01-01T00:00:01.5Z","stream":"stdout","log":"a\\n"}\n`;
    expect(read(line).texts).toEqual([`stdout a\n ${at(1) + 500_000_000n}`]);
  });

  it.each([
    ["half an entry with a whole one behind it", toLine("half", 2).slice(0, -9)],
    ["half an entry on a line of its own", `${toLine("half", 2).slice(0, -9)}\n`],
    ["zeros", "\0".repeat(5000)],
    ["an entry without a time", '{"log":"a\\n","stream":"stdout"}\n'],
    ["a line that is none", "null\n"],
  ])("with %s is read on behind it, and that is told once", (_, spoilt) => {
    const { texts, gaps } = read(toLine("a\n", 1) + spoilt + toLine("b\n", 3) + toLine("c\n", 4));
    expect(texts).toEqual([`stdout a\n ${at(1)}`, `stdout b\n ${at(3)}`, `stdout c\n ${at(4)}`]);
    expect(gaps).toEqual([{ fromNs: at(1), toNs: at(3) }]);
  });

  it("is not waited for to end an entry that is larger than any", () => {
    const large = "x".repeat(256 * 1024);
    const begun = [toLine("a\n", 1), '{"log":"', ...Array<string>(20).fill(large)];
    const { texts, gaps } = read(...begun, toLine("b\n", 3).slice(0, 9), toLine("b\n", 3).slice(9));
    expect(texts).toEqual([`stdout a\n ${at(1)}`, `stdout b\n ${at(3)}`]);
    expect(gaps).toEqual([{ fromNs: at(1), toNs: at(3) }]);
    expect(read(...begun, `","stream":"stdout","time":"2026-01-01T00:00:02Z"}\n`).texts).toHaveLength(1);
  });

  it("that ends within an entry tells so at the end", () => {
    expect(read(toLine("a\n", 1) + toLine("b\n", 2).slice(0, -1)).gaps).toEqual([
      { fromNs: at(1), toNs: undefined },
    ]);
  });
});

it.each([
  [0n, '"time":"2026-01-01T00:00:01Z"'],
  [1n, '"time":"2026-01-01T00:00:01.000000001Z"'],
  [120_000_000n, '"time":"2026-01-01T00:00:01.12Z"'],
])("an entry is found by its time as the engine writes it, %s ns after the second", (ns, mark) => {
  expect(toEntryMark(at(1) + ns)).toBe(mark);
});
