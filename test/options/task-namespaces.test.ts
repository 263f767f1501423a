import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { describe, expect, it } from "vitest";
import { look } from "./look.ts";

describe("with the agent's leave", () => {
  const seen = look({
    agent: {
      allow_privileged: true,
      allow_runtimes: ["io.containerd.runc.v2"],
    },
    config: {
      pid_mode: "host",
      ipc_mode: "host",
      uts_mode: "host",
      userns_mode: "host",
      cgroupns: "private",
      runtime: "io.containerd.runc.v2",
    },
    see: {
      init: "cat /proc/1/comm",
      ipc: "readlink /proc/self/ns/ipc",
      uts: "readlink /proc/self/ns/uts; hostname",
      user: "readlink /proc/self/ns/user",
      cgroup: "cat /proc/self/cgroup",
    },
  });

  it("`pid_mode`: it sees the host's processes", () => {
    expect(seen().inside("init")).toBe(readFileSync("/proc/1/comm", "utf8").trim());
  });

  it("`ipc_mode`: it shares the host's", () => {
    expect(seen().inside("ipc")).toBe(readlinkSync("/proc/self/ns/ipc"));
  });

  it("`uts_mode`: it has the host's name", () => {
    expect(seen().inside("uts")).toBe(`${readlinkSync("/proc/self/ns/uts")}\n${hostname()}`);
  });

  it("`userns_mode`: it has the host's users", () => {
    expect(seen().inside("user")).toBe(readlinkSync("/proc/self/ns/user"));
  });

  it("`cgroupns`: its own cgroup is the root of what it sees", () => {
    const paths = seen()
      .inside("cgroup")
      .split("\n")
      .map((line) => line.split(":")[2]);
    expect(new Set(paths)).toEqual(new Set(["/"]));
  });

  it("`runtime`: the engine runs it by that runtime", () => {
    expect(seen().inspected.HostConfig.Runtime).toBe("io.containerd.runc.v2");
  });
});
