import { describe, expect, it } from "vitest";
import { createColors, toTaskPaints, wantsColor } from "./colors.ts";

describe("wantsColor", () => {
  it.each([
    ["a terminal gets colours", { isTty: true }, {}, true],
    ["a file gets none", { isTty: false }, {}, false],
    ["NO_COLOR is heeded", { isTty: true }, { NO_COLOR: "1" }, false],
    ["an empty NO_COLOR is none", { isTty: true }, { NO_COLOR: "" }, true],
    ["FORCE_COLOR colours a file", { isTty: false }, { FORCE_COLOR: "1" }, true],
    ["FORCE_COLOR=0 takes colours away", { isTty: true }, { FORCE_COLOR: "0" }, false],
    ["NO_COLOR beats FORCE_COLOR", { isTty: true }, { NO_COLOR: "1", FORCE_COLOR: "1" }, false],
    ["--no-color beats FORCE_COLOR", { isTty: true, refused: true }, { FORCE_COLOR: "1" }, false],
    ["a dumb terminal gets none", { isTty: true }, { TERM: "dumb" }, false],
  ])("%s", (_, choice, env, expected) => {
    expect(wantsColor({ refused: false, ...choice, env })).toBe(expected);
  });
});

describe("toTaskPaints", () => {
  it("gives a name the same colour in every run, and neighbours different ones", () => {
    const names = ["web", "db", "cache", "queue", "proxy"];
    const colors = createColors(true);
    const paint = (name: string): string | undefined => toTaskPaints(names, colors).get(name)?.("x");
    expect(names.map(paint)).toEqual(names.map(paint));
    expect(new Set(names.map(paint)).size).toBe(names.length);
  });

  it("has a colour for each of more names than there are colours", () => {
    const names = Array.from({ length: 40 }, (_, index) => `task[${index}]`);
    expect(toTaskPaints(names, createColors(true)).size).toBe(40);
  });
});
