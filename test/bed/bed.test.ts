import { describe, expect, it } from "vitest";
import {
  bed,
  callEngine,
  callEngineOk,
  importImage,
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
    const { socket } = bed();
    const image = await importImage(socket, { name: "longshore-test/leaky", tag: bed().runId });
    const run = { ...bed(), image, registryHost: "none", runLabel: { key: "leaky", value: bed().runId } };
    const labelled = { Image: bed().image, Labels: { leaky: bed().runId } };
    for (const body of [labelled, { Image: image }]) {
      await callEngineOk(socket, "POST", "/containers/create", { body });
    }
    await expect(refuseLeaks(run)).rejects.toThrow(/left 2 container/);
    expect(await findLeaks(run)).toEqual([]);
    await removeImage(socket, image);
  });
});
