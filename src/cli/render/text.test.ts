import { describe, expect, it } from "vitest";
import {
  formatBytes,
  formatDuration,
  pad,
  textWidth,
  truncate,
  truncateMiddle,
  truncateStart,
  wrap,
} from "./text.ts";

describe("text", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.00 kB"],
    [27_340_000, "27.3 MB"],
    [999_600, "1.00 MB"],
    [412_000_000, "412 MB"],
    [5.5e12, "5.50 TB"],
  ])("%d bytes read %s", (bytes, expected) => {
    expect(formatBytes(bytes)).toBe(expected);
  });

  it.each([
    [0, "0ms"],
    [340.4, "340ms"],
    [999.6, "1.0s"],
    [3210, "3.2s"],
    [59_960, "1m00s"],
    [125_000, "2m05s"],
    [3_725_000, "1h02m"],
    [3_599_600, "1h00m"],
    [273_600_000, "3d04h"],
  ])("%d milliseconds read %s", (ms, expected) => {
    expect(formatDuration(ms)).toBe(expected);
  });

  it("truncates by columns, wide characters counted as two", () => {
    expect(truncate("abcdef", 6)).toBe("abcdef");
    expect(truncate("abcdefg", 6)).toBe("abcde…");
    expect(truncate("日本語", 4)).toBe("日…");
    expect(truncate("abc", 0)).toBe("");
  });

  it("truncates at the start where the end tells more", () => {
    expect(truncateStart("registry/app:1", 14)).toBe("registry/app:1");
    expect(truncateStart("registry/app:1", 6)).toBe("…app:1");
    expect(truncateStart("abc", 0)).toBe("");
  });

  it("truncates in the middle where both ends tell", () => {
    expect(truncateMiddle("a-long-name[12]", 12)).toBe("a-long-n…12]");
    expect(truncateMiddle("short", 5)).toBe("short");
  });

  it("pads by columns", () => {
    expect(pad("日", 4)).toBe("日  ");
    expect(pad("7", 3, "right")).toBe("  7");
    expect(textWidth("\u001b[31mred\u001b[39m")).toBe(3);
  });

  it("wraps at blanks and leaves long words whole", () => {
    expect(wrap("aa bb cc", 5)).toEqual(["aa bb", "cc"]);
    expect(wrap("aa longerthanfive b", 5)).toEqual(["aa", "longerthanfive", "b"]);
  });
});
