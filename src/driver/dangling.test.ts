import { describe, expect, it } from "vitest";
import type { ContainerSummary } from "../engine/index.ts";
import { allocIdLabel, hostLabel } from "./container/labels.ts";
import { findDangling } from "./dangling.ts";

const nowMs = Date.parse("2026-01-01T12:00:00Z");

/** Ours, of no task, and an hour old, unless said otherwise. */
function toSummary(changes: Partial<ContainerSummary> = {}): ContainerSummary {
  return {
    Id: "c1",
    Names: ["/web-a1"],
    Image: "app",
    Created: nowMs / 1000 - 3600,
    State: "running",
    Labels: { [allocIdLabel]: "a1", [hostLabel]: "h1" },
    HostConfig: { NetworkMode: "default" },
    Mounts: [],
    Ports: [],
    ...changes,
  };
}

function find(changes: Partial<ContainerSummary>, tracked: { id?: string; name?: string } = {}) {
  const found = findDangling([toSummary(changes)], {
    hosts: new Set(["h1"]),
    isTracked: ({ id, name }) => id === tracked.id || name === tracked.name,
    createdBeforeMs: nowMs - 60_000,
  });
  return found.map(({ name }) => name);
}

describe("a container", () => {
  it("of this host that no task has is dangling", () => {
    expect(find({})).toEqual(["web-a1"]);
  });

  it.each([
    ["of another host", { Labels: { [allocIdLabel]: "a1", [hostLabel]: "h2" } }],
    ["of Nomad's own driver", { Labels: { [allocIdLabel]: "a1" } }],
    ["that only looks like one", { Labels: {}, Mounts: [{ Destination: "/alloc" }] }],
    ["of someone who uses our host's label", { Labels: { [hostLabel]: "h1" } }],
    ["whose host is empty", { Labels: { [allocIdLabel]: "a1", [hostLabel]: "" } }],
    ["younger than the grace", { Created: nowMs / 1000 - 60 }],
  ])("%s is not", (_which, changes) => {
    expect(find(changes)).toEqual([]);
  });

  it("that a task has, by id or by name, is not", () => {
    expect(find({}, { id: "c1" })).toEqual([]);
    expect(find({}, { name: "web-a1" })).toEqual([]);
    expect(find({}, { id: "c2", name: "web-a2" })).toEqual(["web-a1"]);
  });
});
