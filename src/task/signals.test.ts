import { constants } from "node:os";
import { describe, expect, it } from "vitest";
import { parseSignal } from "./signals.ts";

describe("a signal", () => {
  it.each([
    ["SIGTERM", "SIGTERM"],
    ["term", "SIGTERM"],
    [" Int ", "SIGINT"],
    ["9", "9"],
    ["64", "64"],
    ["SIGRTMIN", "SIGRTMIN"],
    ["SIGRTMIN+3", "SIGRTMIN+3"],
    ["rtmax-14", "SIGRTMAX-14"],
    ["SIGRTMIN+0", "SIGRTMIN"],
    ["SIGRTMIN+20", "54"],
    ["SIGRTMAX-30", "34"],
  ])("is read from %j", (written, signal) => {
    expect(parseSignal(written)).toBe(signal);
  });

  it.skipIf(process.platform !== "linux")("has every name that this Linux has", () => {
    const names = Object.keys(constants.signals).filter((name) => name !== "SIGUNUSED");
    for (const name of names) {
      expect(parseSignal(name)).toBe(name);
      expect(parseSignal(name.slice(3).toLowerCase())).toBe(name);
    }
  });

  it.each([
    "",
    "0",
    "65",
    "007",
    "SIGNOPE",
    "-9",
    "SIG",
    "9.0",
    "SIGRTMIN-1",
    "SIGRTMAX+1",
    "SIGRTMIN+31",
    "RT",
    "constructor",
  ])("is not %j", (written) => {
    expect(() => parseSignal(written)).toThrow(`"${written}" is no signal`);
  });

  it("that does not exist is an error that names the one that was meant, and all there are", () => {
    const error = (hint: unknown) => expect.objectContaining({ kind: "invalid", hint });
    expect(() => parseSignal("SIGTREM")).toThrow(error(expect.stringMatching(/^Did you mean SIGTERM\?$/)));
    const list = /^Signals are SIGHUP, SIGINT, .*SIGTERM, .*SIGSYS, SIGRTMIN to SIGRTMAX, and 1 to 64\.$/;
    expect(() => parseSignal("nothing")).toThrow(error(expect.stringMatching(list)));
  });
});
