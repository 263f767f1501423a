import { randomUUID } from "node:crypto";
import { mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { parseAgentOptions } from "../../src/driver/index.ts";
import {
  bed,
  callEngine,
  importImage,
  makeTaskConfig,
  pushImage,
  type Registry,
  registryLogin,
  removeImage,
  startRegistry,
  startRegistryFront,
} from "../bed/index.ts";
import { startDriver } from "../driver/driver-bed.ts";

type Config = Readonly<Record<string, unknown>>;

const openBench = (agent: Config) => startDriver({ agentOptions: parseAgentOptions(agent) });
const isThere = async (image: string) =>
  (await callEngine(bed().socket, "GET", `/images/${image}/json`)).status === 200;

describe("a registry's login", () => {
  let registry: Registry;
  const reference = () => `${registry.host}/private:1`;
  beforeAll(async () => {
    registry = await startRegistry({ auth: "htpasswd" });
    await pushImage({ registry: registry.host, name: "private", tag: "1", auth: registryLogin });
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await removeImage(bed().socket, reference());
  });
  afterAll(async () => await registry[Symbol.asyncDispose]());

  const pull = async (auth: Config) => {
    await using bench = openBench({ auth });
    await bench.startTask(await makeTaskConfig({ driverConfig: { image: reference(), command: "true" } }));
  };

  it("`auth.config`: comes out of that file", async () => {
    const config = join(await mkdtemp(join(bed().folder, "auth-")), "config.json");
    const { username, password } = registryLogin;
    const auth = Buffer.from(`${username}:${password}`).toString("base64");
    await writeFile(config, JSON.stringify({ auths: { [registry.host]: { auth } } }));
    await pull({ config });
  });

  it("`auth.helper`: comes from that program", async () => {
    const folder = await mkdtemp(join(bed().folder, "helper-"));
    const answer = JSON.stringify({ Username: registryLogin.username, Secret: registryLogin.password });
    const script = `#!/bin/sh\necho '${answer}'\n`;
    await writeFile(join(folder, "docker-credential-options"), script, { mode: 0o755 });
    vi.stubEnv("PATH", `${folder}:${process.env.PATH}`);
    await pull({ helper: "options" });
  });
});

describe("a pull", () => {
  it("`image_pull_timeout`, `infra_image_pull_timeout`: may take so long", async () => {
    await using front = await startRegistryFront({ upstream: bed().registryHost });
    front.script(({ kind }) => (kind === "manifest" ? "hang" : "pass"));
    const image = `${front.host}/nothing:1`;
    const limits = { image_pull_timeout: "300ms", infra_image_pull_timeout: "400ms" };
    await using bench = openBench({ infra_image: image, ...limits });
    const task = await makeTaskConfig({ driverConfig: { image } });
    await expect(bench.startTask(task)).rejects.toThrow("after 0.3 s");
    const network = bench.driver.createNetwork(randomUUID());
    await expect(network).rejects.toThrow("after 0.4 s");
  });
});

describe("an image that no task uses any more", () => {
  const use = async (gc: Config) => {
    const image = `${bed().registryHost}/${randomUUID()}:1`;
    const [name = ""] = image.split("/")[1]?.split(":") ?? [];
    await pushImage({ registry: bed().registryHost, name, tag: "1" });
    const bench = openBench({ gc });
    const task = await makeTaskConfig({ driverConfig: { image, command: "true" } });
    await bench.startTask(task);
    await bench.driver.waitTask(task.id);
    await bench.driver.destroyTask(task.id);
    return { bench, image };
  };

  it("`gc.image_delay`: goes after so long", async () => {
    const { bench, image } = await use({ image_delay: "10ms" });
    await bench.event(({ detail }) => detail.type === "image-removed");
    await bench[Symbol.asyncDispose]();
    expect(await isThere(image)).toBe(false);
  });

  it("`gc.image`: false lets it stay", async () => {
    const { bench, image } = await use({ image: false, image_delay: "0s" });
    await bench[Symbol.asyncDispose]();
    expect(await isThere(image)).toBe(true);
    await removeImage(bed().socket, image);
  });
});

describe("a group's network", () => {
  it("`infra_image`: is held by a container of it", async () => {
    const image = await importImage(
      bed().socket,
      { name: "longshore-test/pause", tag: randomUUID() },
      { command: ["sleep", "600"] },
    );
    const allocId = randomUUID();
    {
      await using bench = openBench({ infra_image: image, gc: { image: false } });
      const { isolation } = await bench.driver.createNetwork(allocId);
      const id = isolation.labels.docker_sandbox_container_id ?? "";
      expect((await bench.engine.inspectContainer(id)).Config.Image).toBe(image);
      await bench.driver.destroyNetwork(allocId);
    }
    await removeImage(bed().socket, image);
  });
});
