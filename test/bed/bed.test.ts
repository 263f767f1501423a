import { describe, expect, it } from "vitest";
import {
  bed,
  callEngine,
  callEngineOk,
  makeTaskConfig,
  pushImage,
  registryLogin,
  removeImage,
  startRegistry,
} from "./index.ts";
import { findLeaks, refuseLeaks } from "./leaks.ts";

const askManifest = async (host: string, login: string) =>
  await fetch(`http://${host}/v2/private/manifests/1`, {
    headers: {
      accept: "application/vnd.docker.distribution.manifest.v2+json",
      authorization: `Basic ${Buffer.from(login).toString("base64")}`,
    },
  });

describe("the bed", () => {
  it("has an image that the engine refuses to remove", async () => {
    const answer = await callEngine(bed().socket, "DELETE", `/images/${bed().image}`);
    expect(answer.status).toBe(409);
  });

  it("has a registry whose images the engine pulls", async () => {
    const { reference } = await pushImage({ registry: bed().registryHost, name: "pulled", tag: "1" });
    const pulled = await callEngineOk(bed().socket, "POST", `/images/create?fromImage=${reference}`);
    expect(pulled).toContain("Downloaded newer image");
    await removeImage(bed().socket, reference);
  });

  it("has registries that ask for a login", async () => {
    await using registry = await startRegistry({ auth: "htpasswd" });
    await pushImage({ registry: registry.host, name: "private", tag: "1", auth: registryLogin });
    const login = `${registryLogin.username}:${registryLogin.password}`;
    expect((await askManifest(registry.host, "longshore:wrong")).status).toBe(401);
    expect((await askManifest(registry.host, login)).status).toBe(200);
  });

  it("finds and removes containers that a test left, labelled or not", async () => {
    const { socket, image } = bed();
    const { labels } = (await makeTaskConfig()).driverConfig as { labels: Record<string, string>[] };
    const body = { Image: image, Labels: Object.assign({}, ...labels) };
    await callEngineOk(socket, "POST", "/containers/create", { body });
    await callEngineOk(socket, "POST", "/containers/create", { body: { Image: image } });
    await expect(refuseLeaks(bed())).rejects.toThrow(/left 2 container/);
    expect(await findLeaks(bed())).toEqual([]);
  });
});
