import { describe, expect, it } from "vitest";
import { createEngine } from "../../src/engine/index.ts";
import { bed, startFaultProxy } from "../bed/index.ts";
import { errorOf } from "./set-up.ts";

/** The real engine behind a first answer that claims another newest API version. */
async function openClaiming(apiVersion: string | undefined) {
  const proxy = await startFaultProxy({ target: bed().socket });
  const headers = apiVersion === undefined ? {} : { "Api-Version": apiVersion };
  proxy.rule((_method, path, { count }) =>
    path === "/_ping" && count === 1 ? { status: 200, headers, body: "OK" } : "pass",
  );
  const engine = createEngine({ endpoint: proxy.endpoint });
  return {
    proxy,
    engine,
    async [Symbol.asyncDispose]() {
      await engine[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
    },
  };
}

describe("the API version", () => {
  it("is the engine's where that is the lower one", async () => {
    await using at = await openClaiming("1.30");
    expect((await at.engine.info()).ServerVersion).toMatch(/^\d+\./);
  });

  it("is ours where the engine is newer", async () => {
    await using at = await openClaiming("1.99");
    const { apiVersion } = await createEngine({ endpoint: `unix://${bed().socket}` }).version();
    const answer = at.engine.info();
    if (apiVersion === "1.48") await answer;
    else
      expect(await errorOf(answer)).toMatchObject({
        message: expect.stringContaining("version 1.48 is too new"),
      });
  });

  it("is agreed on anew when an answer shows that another engine has come", async () => {
    await using at = await openClaiming("1.99");
    await at.engine.info().catch(() => undefined);
    await at.engine.info();
  });

  it("is asked for at length where the short answer lacks it", async () => {
    await using at = await openClaiming(undefined);
    await at.engine.info();
    expect(at.engine.calls.get("GET /version")).toBe(1);
  });

  it("may not be older than what Longshore needs", async () => {
    await using at = await openClaiming("1.23");
    expect(await errorOf(at.engine.info())).toMatchObject({
      kind: "invalid",
      message: "The engine speaks API 1.23; Longshore needs 1.24 or later",
    });
  });
});
