import fc from "fast-check";
import { expect, it } from "vitest";
import { formatTimestamp, parseTimestamp, TimestampReader, toEngineTime } from "./timestamps.ts";

it.each([
  ["2026-11-24T05:49:47.733857678Z", 1795499387733857678n],
  ["2026-11-24T05:49:47.7338Z", 1795499387733800000n],
  ["2026-11-24T05:49:47Z", 1795499387000000000n],
  ["2026-11-24T06:49:47.000000001+01:00", 1795499387000000001n],
  ["1969-12-31T23:59:59.5Z", -500000000n],
  ["0001-01-01T00:00:00Z", -62135596800000000000n],
])("the time %s is read exactly", (text, timeNs) => {
  expect(parseTimestamp(text)).toBe(timeNs);
});

it.each(["", "hello", "2026-11-24", "2026-13-24T05:49:47Z", "2026-11-24T05:49:47.1234567891Z"])(
  "%j is no time",
  (text) => {
    expect(parseTimestamp(text)).toBeUndefined();
  },
);

it("an instant is written for the engine with all of its nanoseconds", () => {
  expect(toEngineTime(1795499387000000001n)).toBe("1795499387.000000001");
  expect(toEngineTime(0n)).toBe("0.000000000");
});

it("a time written with trimmed zeros is read as the same instant", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 4_000_000_000_000_000_000n }), (timeNs) => {
      const seconds = new Date(Number(timeNs / 1_000_000_000n) * 1000).toISOString().slice(0, 19);
      const fraction = (timeNs % 1_000_000_000n).toString().padStart(9, "0").replace(/0+$/, "");
      expect(parseTimestamp(`${seconds}${fraction === "" ? "" : `.${fraction}`}Z`)).toBe(timeNs);
    }),
  );
});

it("a reader of many times answers what a single reading would", () => {
  const times = fc.bigInt({ min: 0n, max: 3_000_000_000n });
  const fixed = times.map((timeNs) => {
    const seconds = new Date(Number(timeNs / 1_000_000_000n) * 1000).toISOString().slice(0, 19);
    return `${seconds}.${(timeNs % 1_000_000_000n).toString().padStart(9, "0")}Z`;
  });
  const short = fc.tuple(times, fc.integer({ min: 0, max: 9 }));
  const trimmed = short.map(([timeNs, digits]) => formatTimestamp(timeNs - (timeNs % 10n ** BigInt(digits))));
  const odd = fc.constantFrom(
    "",
    "hello",
    "2026-11-24T05:49:47Z",
    "2026-13-24T05:49:47.000000000Z",
    "x".repeat(30),
    "2026-11-24T05:49:47.00000000xZ",
    "2026-11-24T05:49:47,000000000Z",
    "2026-11-24T05:49:47.Z",
    "2026-11-24T05:49:47.5x",
    "2026-11-24T05:49:47.5+02:00",
    "2026-11-24T05:49:47.1234567890Z",
    "2026-11-24T05:49:47.00000000\u0130Z",
    `2026-11-24T05:49:47Z${" ".repeat(80)}`,
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(fixed, trimmed, odd)), (texts) => {
      const alone = texts.map(parseTimestamp);
      const reader = new TimestampReader();
      const read = (text: string) => reader.read(Buffer.from(`${text} and more`), Buffer.byteLength(text));
      expect(texts.map(read)).toEqual(alone);
      const other = new TimestampReader();
      expect(texts.map((text) => other.readText(text))).toEqual(alone);
    }),
  );
});
