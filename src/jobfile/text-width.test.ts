import { describe, expect, it } from "vitest";
import { textWidth } from "./text-width.ts";

describe("the width of a text", () => {
  it.each([
    ["", 0],
    ["plain", 5],
    ["\u001b[31mred\u001b[39m", 3],
    ["größe", 5],
    ["e\u0301", 1],
    ["\u0301", 0],
    ["\u200b\u2060", 0],
    ["表示", 4],
    ["한국어", 6],
    ["ﾊﾝ", 2],
    ["🚀", 2],
    ["👩‍👩‍👧", 2],
    ["🇩🇪", 2],
    ["❤️", 2],
    ["1️⃣", 2],
    ["─│…", 3],
    ["\u0007a", 1],
    ["नि", 1],
  ])("%j takes %i columns", (text, columns) => {
    expect(textWidth(text)).toBe(columns);
  });
});
