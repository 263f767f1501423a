import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { parseAgentOptions } from "../../src/driver/index.ts";
import { bed, callEngine, callEngineOk, pushImage, startRegistryFront } from "../bed/index.ts";
import { makeShellTask, startDriver } from "./driver-bed.ts";

const noDelay = parseAgentOptions({ gc: { image_delay: "0" } });

/** An image that only a registry of its own name has. */
async function openRegistry(tag: string) {
  const front = await startRegistryFront({ upstream: bed().registryHost });
  const name = `driver-${randomUUID().slice(0, 8)}`;
  await pushImage({ registry: bed().registryHost, name, tag });
  const image = `${front.host}/${name}:${tag}`;
  return {
    front,
    image,
    isHere: async () => (await callEngine(bed().socket, "GET", `/images/${image}/json`)).status === 200,
    async [Symbol.asyncDispose]() {
      await callEngine(bed().socket, "DELETE", `/images/${image}?force=true`);
      await front[Symbol.asyncDispose]();
    },
  };
}

describe("a task's image", () => {
  it("is downloaded at the first start and told of, used at the next, and removed after the last task", async () => {
    await using registry = await openRegistry("1");
    await using bench = startDriver({ agentOptions: noDelay });
    const driverConfig = { image: registry.image };
    const first = await bench.start("sleep 600", { driverConfig });
    const types = bench.events.map(({ detail }) => detail.type).filter((type) => type !== "pull-progress");
    expect(types).toEqual(["pull-started", "pull-finished", "created", "started"]);
    const asked = registry.front.count("manifest");
    const second = await bench.start("sleep 600", { driverConfig });
    expect(registry.front.count("manifest")).toBe(asked);
    await bench.driver.destroyTask(first.id, { force: true });
    expect(await registry.isHere()).toBe(true);
    await bench.driver.destroyTask(second.id, { force: true });
    await bench.event(({ detail }) => detail.type === "image-removed");
    expect(await registry.isHere()).toBe(false);
  });

  it("called latest is asked for at every start", async () => {
    await using registry = await openRegistry("latest");
    await using bench = startDriver({ agentOptions: noDelay });
    const image = registry.image.replace(/:latest$/, "");
    await bench.start("sleep 600", { driverConfig: { image } });
    const asked = registry.front.count("manifest");
    await bench.start("sleep 600", { driverConfig: { image: `https://${image}` } });
    expect(registry.front.count("manifest")).toBeGreaterThan(asked);
  });

  it("stays without an error while another's container uses it", async () => {
    await using registry = await openRegistry("1");
    await using bench = startDriver({ agentOptions: noDelay });
    const task = await bench.start("true", { driverConfig: { image: registry.image } });
    const { Id } = (await callEngineOk(bed().socket, "POST", "/containers/create", {
      body: { Image: registry.image },
    })) as { Id: string };
    try {
      await bench.driver.waitTask(task.id);
      await bench.driver.destroyTask(task.id);
      await bench[Symbol.asyncDispose]();
      expect(await registry.isHere()).toBe(true);
    } finally {
      await callEngineOk(bed().socket, "DELETE", `/containers/${Id}?force=true`);
    }
  });

  it("stays when docker.cleanup.image is false", async () => {
    await using registry = await openRegistry("1");
    {
      const agentOptions = parseAgentOptions(
        { gc: { image_delay: "0" } },
        { "docker.cleanup.image": "false" },
      );
      await using bench = startDriver({ agentOptions, removeImagesOnDispose: true });
      await bench.start("true", { driverConfig: { image: registry.image } });
    }
    expect(await registry.isHere()).toBe(true);
  });

  it("that waits for its delay goes when the driver is closed, if the host wants that", async () => {
    await using registry = await openRegistry("1");
    {
      await using bench = startDriver({ removeImagesOnDispose: true });
      await bench.start("true", { driverConfig: { image: registry.image } });
    }
    expect(await registry.isHere()).toBe(false);
  });

  it("that no registry has fails the start for good, with the registry's words, and nothing is left", async () => {
    await using bench = startDriver();
    const image = `${bed().registryHost}/no-such-image:1`;
    const task = await makeShellTask("true", { driverConfig: { image } });
    await expect(bench.driver.startTask(task)).rejects.toMatchObject({
      kind: "not-found",
      retryable: false,
      message: expect.stringContaining("no-such-image"),
    });
    expect(() => bench.driver.inspectTask(task.id)).toThrow("task not found");
  });

  it.each([
    [{ image: undefined }, "config.image: is required"],
    [{ image: "" }, "config.image: is required"],
    [{ image: "a b" }, "a b"],
    [{ image: "UPPER/case" }, "UPPER/case"],
    [{ load: "../../x.tar" }, 'config.load: "../../x.tar" is outside the task\'s local folder'],
    [{ image: "", load: "../x.tar" }, "config.image: is required; config.load: "],
  ])("%j is refused", async (driverConfig, message) => {
    await using bench = startDriver();
    const task = await makeShellTask("true", { driverConfig });
    await expect(bench.driver.startTask(task)).rejects.toMatchObject({
      kind: "invalid",
      message: expect.stringContaining(message),
    });
  });

  it("whose pull is canceled leaves nothing", async () => {
    await using registry = await openRegistry("1");
    await using bench = startDriver();
    registry.front.script(({ kind }) => (kind === "blob" ? "hang" : "pass"));
    const caller = new AbortController();
    const task = await makeShellTask("true", { driverConfig: { image: registry.image } });
    const starting = bench.driver.startTask(task, { signal: caller.signal });
    starting.catch(() => undefined);
    await registry.front.seen("blob");
    caller.abort();
    await expect(starting).rejects.toMatchObject({ kind: "canceled" });
    expect(await registry.isHere()).toBe(false);
  });
});
