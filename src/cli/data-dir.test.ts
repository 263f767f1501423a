import { describe, expect, it } from "vitest";
import { toDataDir } from "./data-dir.ts";

describe("toDataDir", () => {
  it.each([
    ["the flag is strongest", "/f", { LONGSHORE_DATA_DIR: "/e" }, 0, "/f"],
    ["then the variable", undefined, { LONGSHORE_DATA_DIR: "/e" }, 0, "/e"],
    ["root has a folder of the system", undefined, { HOME: "/root" }, 0, "/var/lib/longshore"],
    ["a user has the state folder", undefined, { HOME: "/home/u" }, 1000, "/home/u/.local/state/longshore"],
    ["XDG_STATE_HOME moves it", undefined, { HOME: "/home/u", XDG_STATE_HOME: "/s" }, 1000, "/s/longshore"],
    [
      "a relative XDG_STATE_HOME is ignored",
      undefined,
      { HOME: "/home/u", XDG_STATE_HOME: "s" },
      1000,
      "/home/u/.local/state/longshore",
    ],
  ])("%s", (_, flag, env, uid, expected) => {
    expect(toDataDir({ flag, env, uid })).toBe(expected);
  });
});
