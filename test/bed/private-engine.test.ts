import { readdir } from "node:fs/promises";
import { expect, it } from "vitest";
import {
  bed,
  callEngine,
  callEngineOk,
  importImage,
  pushImage,
  startPrivateEngine,
  startRegistry,
} from "./index.ts";

it("an engine of its own runs containers with mapped ports and restarts on the same data", async () => {
  await using engine = await startPrivateEngine();
  const image = await importImage(engine.socket, { name: "web", tag: "1" });
  const body = {
    Image: image,
    Cmd: ["httpd", "-f", "-p", "80", "-h", "/www"],
    StopTimeout: 0,
    ExposedPorts: { "80/tcp": {} },
    HostConfig: { PortBindings: { "80/tcp": [{ HostIp: "127.0.0.1", HostPort: "" }] } },
  };
  const { Id } = (await callEngineOk(engine.socket, "POST", "/containers/create", { body })) as {
    Id: string;
  };
  await callEngineOk(engine.socket, "POST", `/containers/${Id}/start`);
  const ports = (await callEngineOk(engine.socket, "GET", `/containers/${Id}/json`)) as {
    NetworkSettings: { Ports: Record<string, { HostPort: string }[]> };
  };
  const port = ports.NetworkSettings.Ports["80/tcp"]?.[0]?.HostPort;
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("hello from busybox\n");
  await engine.stop();
  await expect(callEngine(engine.socket, "GET", "/_ping")).rejects.toThrow();
  await engine.start();
  expect((await callEngine(engine.socket, "GET", `/containers/${Id}/json`)).body).toContain('"exited"');
  expect((await callEngine(bed().socket, "GET", `/containers/${Id}/json`)).status).toBe(404);
});

it("an engine of its own leaves the machine's bridges alone", async () => {
  const bridges = async () =>
    (await readdir("/sys/class/net")).filter((name) => /^(docker|br-)/.test(name)).sort();
  const before = await bridges();
  {
    await using engine = await startPrivateEngine();
    await engine.stop();
  }
  expect(await bridges()).toEqual(before);
});

it("with live restore a container outlives its engine's death", async () => {
  await using engine = await startPrivateEngine({ liveRestore: true });
  const image = await importImage(engine.socket, { name: "box", tag: "1" });
  const body = { Image: image, Cmd: ["sleep", "600"], HostConfig: { NetworkMode: "none" } };
  const { Id } = (await callEngineOk(engine.socket, "POST", "/containers/create", { body })) as {
    Id: string;
  };
  await callEngineOk(engine.socket, "POST", `/containers/${Id}/start`);
  await engine.kill();
  await engine.start();
  expect((await callEngine(engine.socket, "GET", `/containers/${Id}/json`)).body).toContain('"running"');
});

it("an engine with a mirror of Docker Hub pulls official names from it", async () => {
  await using hub = await startRegistry();
  await pushImage({ registry: hub.host, name: "library/redis", tag: "latest" });
  await using engine = await startPrivateEngine({ registryMirrors: [`http://${hub.host}`] });
  await callEngineOk(engine.socket, "POST", "/images/create?fromImage=redis&tag=latest");
  expect((await callEngine(engine.socket, "GET", "/images/redis:latest/json")).status).toBe(200);
});
