import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { replaceEnv, splitWords } from "./split-words.ts";

describe("splitWords", () => {
  it.each([
    ["a b  c", ["a", "b", "c"]],
    ["", []],
    [" \t\n", []],
    [`-c 'echo "hi there"'`, ["-c", 'echo "hi there"']],
    [`"a b" 'c d'`, ["a b", "c d"]],
    [`a"b"'c'd`, ["abcd"]],
    [`""`, [""]],
    [`'' x`, ["", "x"]],
    [`a\\ b`, ["a b"]],
    [`"a\\"b"`, ['a"b']],
    [`"a\\nb"`, ["a\\nb"]],
    [`'a\\'`, ["a\\"]],
    ["end\\", ["end\\"]],
    ["a\u00a0b", ["a", "b"]],
  ])("splits %j", (line, words) => {
    expect(splitWords(line)).toEqual(words);
  });

  it("refuses a quote that is not closed", () => {
    expect(() => splitWords(`a "b`)).toThrow(`a " is not closed in: a "b`);
  });

  it("gives back any words that were quoted", () => {
    const tricky = fc.constantFrom(" ", "'", '"', "\\", "$", "\n", "a", "é", "\u{1f600}");
    const quote = (word: string) => `'${word.replaceAll("'", `'\\''`)}'`;
    fc.assert(
      fc.property(fc.array(fc.string({ unit: tricky })), (words) => {
        expect(splitWords(words.map(quote).join(" "))).toEqual(words);
      }),
    );
  });

  it("never throws anything but invalid", () => {
    fc.assert(
      fc.property(fc.string(), (line) => {
        try {
          splitWords(line);
        } catch (error) {
          expect(error).toMatchObject({ kind: "invalid" });
        }
      }),
    );
  });
});

describe("replaceEnv", () => {
  const env = { A: "1", LONG_NAME: "x y", EMPTY: "" };
  it.each([
    ["$A", "1"],
    ["${A}", "1"],
    ["${A}b$A", "1b1"],
    ["$LONG_NAME", "x y"],
    ["$AB", "$AB"],
    ["${NOPE}", "${NOPE}"],
    ["$", "$"],
    ["${}", "${}"],
    ["${A", "${A"],
    ["$EMPTY", ""],
    ["$constructor", "$constructor"],
  ])("replaces %j", (text, result) => {
    expect(replaceEnv(text, env)).toBe(result);
  });
});
