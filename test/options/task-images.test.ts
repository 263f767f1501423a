import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { get } from "node:http";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseAgentOptions } from "../../src/driver/index.ts";
import { toTaskDirs } from "../../src/task/index.ts";
import {
  bed,
  makeTaskConfig,
  pushImage,
  type Registry,
  type RegistryFront,
  registryLogin,
  removeImage,
  startFaultProxy,
  startRegistry,
  startRegistryFront,
} from "../bed/index.ts";
import { startDriver } from "../driver/driver-bed.ts";

type Config = Readonly<Record<string, unknown>>;

/** Starts a task of the config and answers why that failed, if it did. */
async function start(config: Config, agent: Config = {}): Promise<string | undefined> {
  await using bench = startDriver({ agentOptions: parseAgentOptions({ gc: { image: false }, ...agent }) });
  const task = await makeTaskConfig({ driverConfig: { command: "true", ...config } });
  return await bench.startTask(task).then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

describe("an image of an open registry", () => {
  let front: RegistryFront;
  const name = `options-${randomUUID().slice(0, 8)}`;
  const reference = () => `${front.host}/${name}:1`;
  beforeAll(async () => {
    front = await startRegistryFront({ upstream: bed().registryHost });
    await pushImage({ registry: bed().registryHost, name, tag: "1" });
  });
  afterAll(async () => {
    await removeImage(bed().socket, reference());
    await front[Symbol.asyncDispose]();
  });
  const asked = async (config: Config) => {
    const before = front.count("manifest");
    expect(await start({ image: reference(), ...config })).toBeUndefined();
    return front.count("manifest") > before;
  };

  it("`image`, `pull_policy`, `force_pull`: the registry is asked as they say", async () => {
    const absent = await start({ image: reference(), pull_policy: "never" });
    expect(absent).toBe(`Image "${reference()}" is not on this machine and is never pulled`);
    expect(await asked({ pull_policy: "if_not_present" })).toBe(true);
    expect(await asked({})).toBe(false);
    expect(await asked({ pull_policy: "never" })).toBe(false);
    expect(await asked({ pull_policy: "always" })).toBe(true);
    expect(await asked({ force_pull: true })).toBe(true);
  });

  it("`image_pull_timeout`: ends a pull that takes longer", async () => {
    front.script(({ kind }) => (kind === "manifest" ? "hang" : "pass"));
    expect(await start({ image: `${front.host}/${name}:2`, image_pull_timeout: "300ms" })).toContain("0.3");
  });

  it("`load`: the image comes out of the archive", async () => {
    const other = `${front.host}/${name}-load:1`;
    const task = await makeTaskConfig({ driverConfig: { image: other, command: "true", load: "app.tar" } });
    const { socket } = bed();
    const archive = await new Promise<Buffer>((resolve, reject) =>
      get({ socketPath: socket, path: `/images/${bed().image}/get` }, (answer) =>
        buffer(answer).then(resolve, reject),
      ),
    );
    await writeFile(join(toTaskDirs(task).localDir, "app.tar"), archive);
    await using bench = startDriver();
    await expect(bench.startTask(task)).rejects.toThrow(`holds ${bed().image}, but not "${other}"`);
    await bench.startTask({ ...task, driverConfig: { ...task.driverConfig, image: bed().image } });
    expect(await bench.driver.waitTask(task.id)).toMatchObject({ exitCode: 0 });
  });
});

describe("an image of a registry that asks for a login", () => {
  let registry: Registry;
  const reference = () => `${registry.host}/private:1`;
  beforeAll(async () => {
    registry = await startRegistry({ auth: "htpasswd" });
    await pushImage({ registry: registry.host, name: "private", tag: "1", auth: registryLogin });
  });
  afterAll(async () => {
    await removeImage(bed().socket, reference());
    await registry[Symbol.asyncDispose]();
  });

  it("`auth.username`, `auth.password`, `auth.server_address`, `auth.email`: log in, and no wrong ones", async () => {
    const login = { ...registryLogin, email: "a@example.com", server_address: registry.host };
    const wrong = await start({ image: reference(), auth: [{ ...login, password: "wr0ng-secret" }] });
    expect(wrong).toMatch(/unauthorized|denied|no basic auth/);
    expect(wrong).not.toContain("wr0ng-secret");
    expect(await start({ image: reference(), auth: [login] })).toBeUndefined();
  });

  it("`auth_soft_fail`: a lookup that fails leaves the pull without a login", async () => {
    const agent = { auth: { config: "/nowhere/config.json" } };
    const config = { image: `${bed().registryHost}/busybox:1`, force_pull: true };
    expect(await start(config, agent)).toContain("/nowhere/config.json");
    expect(await start({ ...config, auth_soft_fail: true }, agent)).toBeUndefined();
  });
});

describe("a name that is taken again and again", () => {
  it("`container_exists_attempts`: it is tried so many times more", async () => {
    await using proxy = await startFaultProxy({ target: bed().socket });
    proxy.rule((method, path) =>
      method === "POST" && path === "/containers/create"
        ? { status: 409, body: { message: "Conflict. The container name is already in use" } }
        : "pass",
    );
    await using bench = startDriver({ endpoint: proxy.endpoint });
    const task = await makeTaskConfig({ driverConfig: { command: "true", container_exists_attempts: 2 } });
    await expect(bench.startTask(task)).rejects.toThrow("already in use");
    expect(proxy.counts.get("POST /containers/create")).toBe(3);
  });
});
