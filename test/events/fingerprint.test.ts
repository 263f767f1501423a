import { networkInterfaces } from "node:os";
import { expect, it } from "vitest";
import type { Fingerprint } from "../../src/task/index.ts";
import { bed, callEngineOk, until } from "../bed/index.ts";
import { startDriver } from "../driver/driver-bed.ts";

it("the engine's bridge is asked for by who reads the fingerprint, and by no start", async () => {
  await using bench = startDriver();
  // Node tells of interfaces that are up, which the bridge is with a container.
  await bench.start("sleep 600", { driverConfig: { network_mode: "bridge" } });
  expect(bench.engine.calls.has("GET /networks/{id}")).toBe(false);
  const isHealthy = ({ health }: Fingerprint) => health === "healthy";
  const [first] = await Promise.all([
    until(bench.driver.fingerprint(), isHealthy),
    until(bench.driver.fingerprint(), isHealthy),
  ]);
  const bridge = (await callEngineOk(bed().socket, "GET", "/networks/bridge")) as {
    Options: Record<string, string>;
  };
  const name = bridge.Options["com.docker.network.bridge.name"] ?? "";
  const addresses = networkInterfaces()[name]?.map(({ address }) => address);
  expect(addresses).toContain(first.attributes["driver.docker.bridge_ip"]);
  expect(bench.engine.calls.get("GET /networks/{id}")).toBe(1);
});
