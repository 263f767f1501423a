import { once } from "node:events";
import { mkdtemp, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { inspect } from "node:util";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { ImageEvent } from "../../src/driver/images/index.ts";
import { bed, deferred, pushImage, registryLogin, removeImage, startRegistry } from "../bed/index.ts";
import { bare, openImages, toTypes } from "./set-up.ts";

describe("an image", () => {
  it("that is missing is pulled, and its progress told", async () => {
    await using at = await openImages();
    const reference = await at.push("1", { ballastBytes: 3_000_000 });
    const events: ImageEvent[] = [];
    const lease = await at.images.acquire({ reference, onEvent: (event) => events.push(event) });
    expect(lease.reference).toBe(reference);
    expect(lease.image.Config?.Cmd).toEqual(["sh"]);
    expect(toTypes(events)).toEqual(["pull-started", "pull-progress", "pull-finished"]);
    expect(events.at(-1)).toMatchObject({ image: reference, sizeBytes: lease.image.Size });
    const last = events.filter((event) => event.type === "pull-progress").at(-1);
    expect(last?.progress).toMatchObject({ image: reference, layersDone: 1, layersTotal: 1 });
    expect(last?.progress.receivedBytes).toBe(last?.progress.totalBytes);
    expect(last?.progress.totalBytes).toBeGreaterThan(3_000_000);
  });

  it("that is there costs one engine call and asks no registry", async () => {
    await using at = await openImages();
    const reference = await at.push();
    await at.images.acquire({ reference });
    const before = at.front.requests.length;
    const calls = new Map(at.engine.calls);
    await at.images.acquire({ reference });
    expect(at.front.requests.length).toBe(before);
    const total = (counts: ReadonlyMap<string, number>) =>
      [...counts.values()].reduce((sum, n) => sum + n, 0);
    expect(total(at.engine.calls) - total(calls)).toBe(1);
  });

  it("that is called latest, or forced, is asked for at every start", async () => {
    await using at = await openImages();
    const latest = await at.push("latest");
    const fixed = await at.push("1");
    for (const request of [
      { reference: latest },
      { reference: latest.replace(/:latest$/, "") },
      { reference: fixed, pullPolicy: "always" as const },
    ]) {
      await at.images.acquire(request);
      const before = at.front.count("manifest");
      await at.images.acquire(request);
      expect(at.front.count("manifest")).toBeGreaterThan(before);
    }
  });

  it("that moved is had anew when it is called latest, and left as it is otherwise", async () => {
    await using at = await openImages();
    const latest = await at.push("latest");
    const fixed = await at.push("1");
    const before = [
      await at.images.acquire({ reference: latest }),
      await at.images.acquire({ reference: fixed }),
    ];
    const name = latest.slice(latest.indexOf("/") + 1, latest.lastIndexOf(":"));
    await at.push("latest", bare, name);
    await at.push("1", bare, name);
    const after = [
      await at.images.acquire({ reference: latest }),
      await at.images.acquire({ reference: fixed }),
    ];
    expect(after[0]?.image.Id).not.toBe(before[0]?.image.Id);
    expect(after[1]?.image.Id).toBe(before[1]?.image.Id);
    await removeImage(bed().socket, before[0]?.image.Id ?? "");
  });

  it("is had by digest, whatever its tag means by now", async () => {
    await using at = await openImages();
    const name = `digests-${crypto.randomUUID().slice(0, 8)}`;
    const { digest } = await pushImage({ registry: bed().registryHost, name, tag: "1" }, bare);
    await pushImage({ registry: bed().registryHost, name, tag: "1" }, bare);
    const lease = await at.images.acquire({ reference: `https://${at.front.host}/${name}:1@${digest}` });
    expect(lease.reference).toBe(`${at.front.host}/${name}@${digest}`);
    expect(lease.image.RepoDigests).toEqual([`${at.front.host}/${name}@${digest}`]);
    const manifests = at.front.count("manifest");
    await at.images.acquire({ reference: `${at.front.host}/${name}@${digest}` });
    expect(at.front.count("manifest")).toBe(manifests);
    await removeImage(bed().socket, lease.reference);
  });

  it("that was removed behind our back is pulled again", async () => {
    await using at = await openImages();
    const reference = await at.push();
    await at.images.acquire({ reference });
    await removeImage(bed().socket, reference);
    await at.images.acquire({ reference });
    expect(await at.has(reference)).toBe(true);
  });

  it("of a registry that asks for a login is had with the right one only", async () => {
    await using registry = await startRegistry({ auth: "htpasswd" });
    await using at = await openImages();
    const { reference } = await pushImage(
      { registry: registry.host, name: "private", tag: "1", auth: registryLogin },
      bare,
    );
    await expect(at.images.acquire({ reference })).rejects.toMatchObject({
      kind: "unauthorized",
      retryable: false,
    });
    const wrong = { username: "longshore", password: "wrong-password" };
    const refused = await at.images.acquire({ reference, auth: wrong }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ kind: "unauthorized", hint: expect.stringContaining("auth") });
    expect(String(refused)).not.toContain("wrong-password");
    await at.images.acquire({ reference, auth: registryLogin });
    await removeImage(bed().socket, reference);
  });
});

it("a login that a registry shows in its answer is not shown on", async () => {
  await using at = await openImages();
  const { password, ...user } = { username: "someone", password: "hunter2-of-the-registry" };
  at.front.script(({ authorization = "" }) => {
    if (authorization === "")
      return { status: 401, headers: { "www-authenticate": 'Basic realm="r"' }, body: { errors: [] } };
    const plain = Buffer.from(authorization.replace("Basic ", ""), "base64").toString();
    return { status: 403, body: { errors: [{ code: "DENIED", message: `${plain} by ${authorization}` }] } };
  });
  const reference = await at.push();
  const auth = { ...user, password };
  const error: unknown = await at.images.acquire({ reference, auth }).catch((reason: unknown) => reason);
  expect(inspect(error)).toContain("someone:<password> by Basic <password>");
  expect(inspect(error)).not.toContain(password);
  expect(inspect(error)).not.toContain(Buffer.from(`someone:${password}`).toString("base64"));
});

/** Grants access to who shows the identity token, as the registry protocol has it. */
async function startTokenServer(identityToken: string) {
  const server = createServer(async (incoming, response) => {
    const form = new URLSearchParams(await text(incoming));
    const known = form.get("grant_type") === "refresh_token" && form.get("refresh_token") === identityToken;
    response.writeHead(known ? 200 : 401, { "content-type": "application/json" });
    response.end(known ? JSON.stringify({ access_token: "granted", expires_in: 600 }) : "{}");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/token`, [Symbol.dispose]: () => void server.close() };
}

it("an identity token that a helper of the docker config file keeps gets the image", async () => {
  const identityToken = "token-of-nobody";
  const folder = await mkdtemp(join(bed().folder, "helper-"));
  const helper = join(folder, "docker-credential-kept");
  const answer = JSON.stringify({ Username: "<token>", Secret: identityToken });
  await writeFile(helper, `#!/bin/sh\necho '${answer}'\n`, { mode: 0o755 });
  vi.stubEnv("PATH", `${folder}:${process.env.PATH}`);
  onTestFinished(() => void vi.unstubAllEnvs());
  using tokens = await startTokenServer(identityToken);
  const config = join(folder, "config.json");
  await using at = await openImages({ auth: { config } });
  await writeFile(config, JSON.stringify({ credHelpers: { [at.front.host]: "kept" } }));
  const challenge = `Bearer realm="${tokens.url}",service="test",scope="repository:x:pull"`;
  at.front.script(({ authorization }) =>
    authorization === "Bearer granted"
      ? "pass"
      : { status: 401, headers: { "www-authenticate": challenge }, body: { errors: [] } },
  );
  const reference = await at.push();
  await at.images.acquire({ reference });
  expect(await at.has(reference)).toBe(true);
});

describe("many who want one image", () => {
  it("share one pull, and each sees its progress", async () => {
    await using at = await openImages();
    const reference = await at.push("1", { ballastBytes: 100_000 });
    const open = deferred();
    at.front.script(async ({ kind }) => {
      if (kind === "blob") await open.promise;
      return "pass" as const;
    });
    const heard: ImageEvent[][] = Array.from({ length: 12 }, () => []);
    const waits = heard.map((events) =>
      at.images.acquire({ reference, onEvent: (event) => void events.push(event) }),
    );
    await at.front.seen("blob");
    open.resolve();
    const leases = await Promise.all(waits);
    expect(new Set(leases.map(({ image }) => image.Id)).size).toBe(1);
    expect(at.engine.calls.get("POST /images/create")).toBe(1);
    // The engine asks for the manifest twice in one pull: whether it is there, and what it is.
    expect(
      at.front.requests.filter(({ kind, method }) => kind === "manifest" && method === "GET").length,
    ).toBe(1);
    for (const events of heard)
      expect(toTypes(events)).toEqual(["pull-started", "pull-progress", "pull-finished"]);
  });

  it("go on when one of them gives up, and the last one out cancels the pull", async () => {
    await using at = await openImages();
    const reference = await at.push();
    const open = deferred();
    at.front.script(async ({ kind }) => {
      if (kind === "blob") await open.promise;
      return "pass" as const;
    });
    const [one, two] = [new AbortController(), new AbortController()];
    const first = at.images.acquire({ reference, signal: one.signal });
    const second = at.images.acquire({ reference, signal: two.signal });
    await at.front.seen("blob");
    one.abort();
    await expect(first).rejects.toMatchObject({ kind: "canceled" });
    two.abort();
    await expect(second).rejects.toMatchObject({ kind: "canceled" });
    const third = at.images.acquire({ reference });
    open.resolve();
    await third;
    expect(at.engine.calls.get("POST /images/create")).toBe(2);
  });
});

describe("a pull that goes wrong", () => {
  it.each([
    ["is not-found when the registry knows no such tag", "manifest", undefined, "not-found"],
    ["is unauthorized at 401", "manifest", { status: 401 }, "unauthorized"],
    ["is unauthorized at 403", "manifest", { status: 403 }, "unauthorized"],
    [
      "is not-found at 404 from what is no registry",
      "manifest",
      { status: 404, body: "<html>" },
      "not-found",
    ],
    [
      "is unavailable at 429",
      "manifest",
      { status: 429, body: { errors: [{ code: "TOOMANYREQUESTS", message: "slow down" }] } },
      "unavailable",
    ],
    ["is unavailable at 500", "manifest", { status: 500 }, "unavailable"],
    ["is unavailable at 503", "manifest", { status: 503, body: "<html>" }, "unavailable"],
    [
      "is unavailable when a page of HTML comes",
      "manifest",
      { status: 200, headers: { "content-type": "text/html" }, body: "<html>" },
      "unavailable",
    ],
    ["is unavailable when the connection breaks", "ping", "cut", "unavailable"],
    [
      "is unavailable when the image's parts are damaged",
      "blob",
      { status: 200, body: "<html>" },
      "unavailable",
    ],
    [
      "is unavailable when the image's parts are cut short each time",
      "blob",
      { truncateAfter: 5 },
      "unavailable",
    ],
  ] as const)("%s", async (_fact, at, fault, kind) => {
    await using images = await openImages();
    const reference = await images.push();
    if (fault !== undefined) images.front.script((request) => (request.kind === at ? fault : "pass"));
    const wanted = fault === undefined ? reference.replace(/:1$/, ":2") : reference;
    const error = await images.images.acquire({ reference: wanted }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ kind, retryable: kind === "unavailable", hint: expect.any(String) });
    expect(String(error)).toContain(`Cannot pull image "${wanted}": `);
    expect(await images.has(wanted)).toBe(false);
  });

  it("is unavailable when the registry cannot be reached", async () => {
    await using at = await openImages();
    await expect(at.images.acquire({ reference: "127.0.0.1:1/x:1" })).rejects.toMatchObject({
      kind: "unavailable",
      message: expect.stringContaining("connection refused"),
    });
  });

  it.each(["at once", "half-way"])("ends with a timeout when the registry falls silent %s", async (when) => {
    await using at = await openImages();
    const reference = await at.push("1", { ballastBytes: 200_000 });
    const open = deferred();
    at.front.script(async ({ kind }) => {
      if (kind !== "blob") return "pass";
      if (when === "half-way") return { hangAfter: 1000 };
      await open.promise;
      return "pass";
    });
    await expect(at.images.acquire({ reference, activityTimeoutMs: 500 })).rejects.toMatchObject({
      kind: "timeout",
      retryable: true,
      message: `Cannot pull image "${reference}": nothing came from the registry for 0.5 s`,
    });
    await expect(at.images.acquire({ reference, pullTimeoutMs: 500 })).rejects.toMatchObject({
      kind: "timeout",
      message: expect.stringContaining("not done after 0.5 s"),
    });
    at.front.script(undefined);
    // Engine 20.10 keeps waiting for a part that was asked for, and a later pull waits with it.
    open.resolve();
    await at.images.acquire({ reference });
  });

  it("is tried again by the engine when a layer comes cut short once", async () => {
    await using at = await openImages();
    const reference = await at.push("1", { ballastBytes: 200_000 });
    let cut = 0;
    at.front.script(({ kind, method }) =>
      kind === "blob" && method === "GET" && cut++ === 1 ? { truncateAfter: 100 } : "pass",
    );
    await at.images.acquire({ reference });
    expect(cut).toBeGreaterThan(2);
  });

  it("of latest says that an image of the name is there", async () => {
    await using at = await openImages();
    const reference = await at.push("latest");
    await at.images.acquire({ reference });
    at.front.script(() => ({ status: 500 }));
    await expect(at.images.acquire({ reference })).rejects.toMatchObject({
      kind: "unavailable",
      hint: expect.stringContaining("An image of that name is on this machine"),
    });
  });

  it("does not begin for a reference that does not hold", async () => {
    await using at = await openImages();
    await expect(at.images.acquire({ reference: "Not An Image" })).rejects.toMatchObject({ kind: "invalid" });
    expect(at.engine.calls.size).toBe(0);
  });
});
