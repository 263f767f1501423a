import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { describe, expect, it } from "vitest";
import {
  bed,
  callEngine,
  callEngineOk,
  deferred,
  type Fault,
  pushImage,
  startFaultProxy,
  startRegistryFront,
} from "./index.ts";

const codeOf = async (call: Promise<unknown>) =>
  await call.then(
    () => "answered",
    (error: NodeJS.ErrnoException) => error.code,
  );

describe("the proxy in front of the engine", () => {
  it("passes, counts, cuts, answers in the engine's place", async () => {
    await using proxy = await startFaultProxy({ target: bed().socket });
    const ping = async () => await callEngine(proxy.socket, "GET", "/v1.41/_ping");
    expect((await ping()).body).toBe("OK");
    proxy.rule((_method, path) => (path === "/_ping" ? { status: 500, body: { message: "no" } } : "pass"));
    expect(await ping()).toEqual({ status: 500, body: '{"message":"no"}' });
    proxy.rule((_method, _path, { count }) => (count === 3 ? "cut" : "cut-after"));
    expect(await codeOf(ping())).toBe("ECONNRESET");
    expect(await codeOf(ping())).toBe("ECONNRESET");
    expect([...proxy.counts]).toEqual([["GET /_ping", 4]]);
  });

  it("counts paths without telling ids and names apart", async () => {
    await using proxy = await startFaultProxy({ target: bed().socket });
    proxy.rule(() => ({ status: 404 }));
    for (const path of [
      "containers/a/json",
      "containers/b/json",
      "images/127.0.0.1:5/a/b:1/json",
      "images/json",
    ]) {
      await callEngine(proxy.socket, "GET", `/v1.41/${path}`);
    }
    expect([...proxy.counts]).toEqual([
      ["GET /containers/{id}/json", 2],
      ["GET /images/{id}/json", 1],
      ["GET /images/json", 1],
    ]);
  });

  it("refuses connections as a dead engine does, and takes them again", async () => {
    await using proxy = await startFaultProxy({ target: bed().socket });
    const ping = async () => await codeOf(callEngine(proxy.socket, "GET", "/_ping"));
    await proxy.refuse(true);
    expect(await ping()).toBe("ECONNREFUSED");
    await proxy.refuse("missing");
    expect(await ping()).toBe("ENOENT");
    await proxy.refuse(false);
    expect(await ping()).toBe("answered");
  });

  it("breaks open streams", async () => {
    await using proxy = await startFaultProxy({ target: bed().socket });
    const events = callEngine(proxy.socket, "GET", "/events");
    await proxy.seen("GET", "/events");
    proxy.cut();
    expect(await codeOf(events)).toBe("ECONNRESET");
  });

  it("lets an answer stall, and breaks one off", async () => {
    await using proxy = await startFaultProxy({ target: bed().socket });
    const path = `/images/${bed().image}/get`;
    let fault: Fault = { hangAfter: 5 };
    proxy.rule(() => fault);
    const stalled = request({ socketPath: proxy.socket, path, agent: false }).end();
    const [answer] = (await once(stalled, "response")) as [IncomingMessage];
    expect(String((await once(answer, "data"))[0])).toHaveLength(5);
    // What would end the stalled answer has its time meanwhile.
    fault = "pass";
    await callEngineOk(proxy.socket, "GET", "/version");
    expect([answer.destroyed, answer.complete]).toEqual([false, false]);
    stalled.destroy();
    fault = { truncateAfter: 5 };
    expect(await codeOf(callEngine(proxy.socket, "GET", path))).toBe("ECONNRESET");
  });

  it("holds requests until it is told to let them go", async () => {
    await using proxy = await startFaultProxy({ target: bed().socket });
    proxy.hang(true);
    const ping = callEngine(proxy.socket, "GET", "/_ping");
    await proxy.seen("GET", "/_ping");
    proxy.hang(false);
    expect((await ping).body).toBe("OK");
    const gate = deferred();
    proxy.rule(async (): Promise<Fault> => {
      await gate.promise;
      return "pass";
    });
    const second = callEngine(proxy.socket, "GET", "/_ping");
    gate.resolve();
    expect((await second).body).toBe("OK");
  });
});

describe("the front of a registry", () => {
  const pull = async (host: string, name: string) =>
    await callEngine(bed().socket, "POST", `/images/create?fromImage=${host}/${name}:1`);

  it("counts manifests and blobs of a pull", async () => {
    await using front = await startRegistryFront({ upstream: bed().registryHost });
    await pushImage({ registry: bed().registryHost, name: "counted", tag: "1" }, { layers: 2 });
    expect((await pull(front.host, "counted")).body).toContain("Downloaded newer image");
    expect(front.count("blob")).toBe(3);
    expect(front.count("manifest")).toBeGreaterThan(0);
    await callEngineOk(bed().socket, "DELETE", `/images/${front.host}/counted:1`);
  });

  it("answers in the registry's place, and breaks layers off", async () => {
    await using front = await startRegistryFront({ upstream: bed().registryHost });
    await pushImage({ registry: bed().registryHost, name: "broken", tag: "1" }, { ballastBytes: 500_000 });
    front.script(({ kind }) => (kind === "manifest" ? { status: 403, body: "<html>" } : "pass"));
    expect((await pull(front.host, "broken")).status).toBeGreaterThanOrEqual(400);
    const blobs: number[] = [];
    front.script(({ kind, count }) => {
      if (kind !== "blob") return "pass";
      blobs.push(count);
      return blobs.length > 2 ? { status: 404 } : { truncateAfter: 100 };
    });
    expect((await pull(front.host, "broken")).body).toContain("errorDetail");
    expect(blobs.length).toBeGreaterThan(1);
  });
});
