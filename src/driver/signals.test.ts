import { describe, expect, it } from "vitest";
import { parseSignal } from "./signals.ts";

describe("parseSignal", () => {
  it.each([
    ["SIGTERM", "SIGTERM"],
    ["term", "SIGTERM"],
    [" Int ", "SIGINT"],
    ["9", "9"],
    ["SIGRTMIN+3", "SIGRTMIN+3"],
  ])("reads %j", (written, signal) => {
    expect(parseSignal(written)).toBe(signal);
  });

  it.each(["", "0", "65", "SIGNOPE", "-9", "SIG"])("refuses %j", (written) => {
    expect(() => parseSignal(written)).toThrow(`"${written}" is no signal`);
  });

  it("suggests the signal that was meant", () => {
    expect(() => parseSignal("SIGTREM")).toThrow(expect.objectContaining({ hint: "Did you mean SIGTERM?" }));
  });
});
