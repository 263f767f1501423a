import { describe, expect, it } from "vitest";
import type { PullProgress } from "../../src/task/index.ts";
import { bed, pushImage, removeImage, startFaultProxy } from "../bed/index.ts";
import { errorOf, openEngine } from "./set-up.ts";

describe("a pull", () => {
  it("tells how far it is, and the engine has the image in the end", async () => {
    await using engine = openEngine();
    const name = `pull-${crypto.randomUUID().slice(0, 8)}`;
    const content = { layers: 3, ballastBytes: 1_000_000 };
    const { reference } = await pushImage({ registry: bed().registryHost, name, tag: "1" }, content);
    const heard: PullProgress[] = [];
    const onProgress = (progress: PullProgress) => heard.push(progress);
    await engine.pullImage({ name: `${bed().registryHost}/${name}`, tagOrDigest: "1" }, { onProgress });
    const last = heard.at(-1);
    expect(last).toMatchObject({ image: reference, layersDone: 3, layersTotal: 3 });
    expect(last?.receivedBytes).toBe(last?.totalBytes);
    expect(last?.totalBytes).toBeGreaterThan(3_000_000);
    for (const [n, { receivedBytes, totalBytes }] of heard.entries()) {
      expect(receivedBytes).toBeLessThanOrEqual(totalBytes);
      expect(totalBytes).toBeGreaterThanOrEqual(heard[n - 1]?.totalBytes ?? 0);
    }
    expect((await engine.inspectImage(reference)).RepoTags).toEqual([reference]);
    await engine.removeImage(reference);
    expect(await errorOf(engine.removeImage(reference))).toMatchObject({ kind: "not-found" });
  });

  it.each([
    ["no space left on device", "internal", "the engine's disk is full"],
    ["toomanyrequests: slow down", "unavailable", "the registry allows no more pulls"],
  ])("that fails in its stream with %s says what that means", async (words, kind, meaning) => {
    await using proxy = await startFaultProxy({ target: bed().socket });
    await using engine = openEngine({ endpoint: proxy.endpoint });
    const lines = [
      { status: "Pulling from x", id: "1" },
      { errorDetail: { message: words }, error: words },
    ];
    const body = lines.map((line) => `${JSON.stringify(line)}\r\n`).join("");
    proxy.rule((_method, path) => (path === "/images/create" ? { status: 200, body } : "pass"));
    expect(await errorOf(engine.pullImage({ name: "x", tagOrDigest: "1" }))).toMatchObject({
      kind,
      message: `Cannot pull image "x:1": ${meaning}${kind === "unavailable" ? " for now" : ""} (${words})`,
    });
  });

  it("is unavailable when the engine's stream breaks off", async () => {
    await using proxy = await startFaultProxy({ target: bed().socket });
    await using engine = openEngine({ endpoint: proxy.endpoint });
    const name = `pull-${crypto.randomUUID().slice(0, 8)}`;
    const { reference } = await pushImage({ registry: bed().registryHost, name, tag: "1" });
    proxy.rule((_method, path) => (path === "/images/create" ? { truncateAfter: 10 } : "pass"));
    const pull = engine.pullImage({ name: `${bed().registryHost}/${name}`, tagOrDigest: "1" });
    expect(await errorOf(pull)).toMatchObject({ kind: "unavailable", retryable: true });
    await removeImage(bed().socket, reference);
  });
});
