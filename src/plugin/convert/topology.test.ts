import { describe, expect, it } from "vitest";
import { ClientTopology, ClientTopologyCore } from "../proto/generated/nomad/base.ts";
import { toMilliseconds } from "./duration.ts";
import { toTopology } from "./topology.ts";

const core = (fields: Partial<ClientTopologyCore>): ClientTopologyCore => ({
  ...ClientTopologyCore.decode(new Uint8Array()),
  ...fields,
});
const topology = (fields: Partial<ClientTopology>): ClientTopology => ({
  ...ClientTopology.decode(new Uint8Array()),
  ...fields,
});

describe("toTopology", () => {
  it("adds up the usable cores at the best speed that is known of each", () => {
    const cores = [
      core({ baseSpeed: 2000, maxSpeed: 4000, guessSpeed: 1 }),
      core({ maxSpeed: 3000, guessSpeed: 1 }),
      core({ guessSpeed: 1000 }),
      core({ baseSpeed: 9000, disable: true }),
    ];
    expect(toTopology(topology({ cores }))).toEqual({ totalMhz: 6000, cores: 3 });
    expect(toTopology(topology({ cores, overrideTotalCompute: 5000 }))).toEqual({ totalMhz: 5000, cores: 3 });
  });

  it("knows nothing of an agent that tells nothing", () => {
    expect(toTopology(undefined)).toBeUndefined();
    expect(toTopology(topology({}))).toBeUndefined();
    expect(toTopology(topology({ cores: [core({})] }))).toBeUndefined();
  });
});

describe("toMilliseconds", () => {
  it.each([
    [undefined, 0],
    [{ seconds: 5, nanos: 250_999_999 }, 5250],
    [{ seconds: -5, nanos: 0 }, 0],
    [{ seconds: 2 ** 50, nanos: 0 }, 2 ** 31 - 1],
  ])("of %j are %d", (duration, ms) => {
    expect(toMilliseconds(duration)).toBe(ms);
  });
});
