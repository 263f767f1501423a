import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDurationMs } from "./duration.ts";

describe("parseDurationMs", () => {
  it.each([
    ["300ms", 300],
    ["5s", 5000],
    ["1m30s", 90_000],
    ["1h", 3_600_000],
    ["1.5h", 5_400_000],
    [".5s", 500],
    ["1.s", 1000],
    ["-2s", -2000],
    ["+2s", 2000],
    ["0", 0],
    ["2us", 0.002],
    ["2µs", 0.002],
    ["5000000000ns", 5000],
  ])("reads %s as %d ms", (text, expected) => {
    expect(parseDurationMs(text)).toBeCloseTo(expected, 9);
  });

  it.each([
    "",
    "5",
    "s",
    "5 s",
    "5S",
    "1d",
    "--5s",
    "-",
    ".s",
    "5s,",
    "1e3s",
    "five",
    "٣s",
    `${"9".repeat(400)}h`,
  ])("finds no duration in %j", (text) => {
    expect(parseDurationMs(text)).toBeUndefined();
  });

  it("adds up parts of every unit in any order", () => {
    const units = { ns: 1e-6, us: 1e-3, ms: 1, s: 1e3, m: 6e4, h: 3.6e6 };
    const part = fc.tuple(
      fc.integer({ min: 0, max: 10_000 }),
      fc.constantFrom(...(Object.keys(units) as (keyof typeof units)[])),
    );
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), fc.boolean(), (parts, negative) => {
        const text = (negative ? "-" : "") + parts.map(([count, unit]) => `${count}${unit}`).join("");
        const sum = parts.reduce((total, [count, unit]) => total + count * units[unit], 0);
        expect(parseDurationMs(text)).toBeCloseTo(negative ? -sum : sum, 6);
      }),
    );
  });

  it("answers a finite number or nothing for any text", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[-+0-9.a-zµ]{0,12}$/)), (text) => {
        const ms = parseDurationMs(text);
        expect(ms === undefined || Number.isFinite(ms)).toBe(true);
      }),
    );
  });
});
