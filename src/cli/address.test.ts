import { describe, expect, it } from "vitest";
import { toHostAddress } from "./address.ts";

describe("the address that ports are bound on", () => {
  it.each([
    [undefined, undefined, undefined],
    [undefined, "", undefined],
    [undefined, "127.0.0.1", "127.0.0.1"],
    ["::1", "127.0.0.1", "::1"],
  ])("is %s with the flag and %s in the environment: %s", (flag, variable, address) => {
    expect(toHostAddress({ flag, env: { LONGSHORE_ADDRESS: variable } })).toBe(address);
  });

  it("must be an address, and the error names where it was given", () => {
    expect(() => toHostAddress({ flag: "localhost", env: {} })).toThrow(
      '-address takes an IP address of this machine, not "localhost"',
    );
    expect(() => toHostAddress({ flag: undefined, env: { LONGSHORE_ADDRESS: "eth0" } })).toThrow(
      'LONGSHORE_ADDRESS takes an IP address of this machine, not "eth0"',
    );
  });
});
