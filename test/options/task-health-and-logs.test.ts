import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { busyboxRootfs } from "../../scripts/busybox-rootfs.mjs";
import { bed, callEngineOk, removeImage } from "../bed/index.ts";
import { startDriver } from "../driver/driver-bed.ts";
import { type Inspected, look } from "./look.ts";

describe("the health check", () => {
  it("`healthcheck.test`, `healthcheck.interval`, `healthcheck.timeout`, `healthcheck.retries`, `healthcheck.start_period`: make an ill task unhealthy after so many failures", async () => {
    await using bench = startDriver();
    const healthcheck = {
      test: "echo so ill; exit 1",
      interval: "100ms",
      timeout: "5s",
      retries: 2,
      start_period: "1ms",
    };
    const task = await bench.start("sleep 600", { driverConfig: { healthcheck } });
    const { detail } = await bench.event((event) => event.detail.type === "health");
    expect(detail).toMatchObject({ status: "unhealthy" });
    const { container_id } = bench.driver.inspectTask(task.id).attributes;
    const { Config, State } = (await callEngineOk(
      bed().socket,
      "GET",
      `/containers/${container_id}/json`,
    )) as Inspected & {
      State: { Health: { FailingStreak: number; Log: { Output: string }[] } };
    };
    expect(State.Health.FailingStreak).toBeGreaterThanOrEqual(2);
    expect(State.Health.Log[0]?.Output).toBe("so ill\n");
    expect(Config.Healthcheck).toEqual({
      Test: ["CMD-SHELL", healthcheck.test],
      Interval: 100_000_000,
      Timeout: 5_000_000_000,
      StartPeriod: 1_000_000,
      Retries: 2,
    });
  });

  describe("of an image", () => {
    const image = `longshore-test-health:${randomUUID()}`;
    beforeAll(async () => {
      const query = new URLSearchParams({
        fromSrc: "-",
        repo: image.split(":")[0] ?? "",
        tag: image.split(":")[1] ?? "",
      });
      for (const change of ["ENV PATH=/bin", "HEALTHCHECK CMD true"]) query.append("changes", change);
      await callEngineOk(bed().socket, "POST", `/images/create?${query}`, { body: await busyboxRootfs([]) });
    });
    afterAll(async () => await removeImage(bed().socket, image));

    const disabled = look({ config: { image, healthchecks: { disable: true } }, see: { nothing: "true" } });
    const kept = look({ config: { image, healthcheck: { retries: 7 } }, see: { nothing: "true" } });

    it("`healthchecks.disable`: is not run", () => {
      expect(disabled().inspected.Config.Healthcheck).toEqual({ Test: ["NONE"] });
    });

    it("has the keys that the task's own leaves out", () => {
      expect(kept().inspected.Config.Healthcheck).toMatchObject({ Test: ["CMD-SHELL", "true"], Retries: 7 });
    });
  });
});

describe("the log driver", () => {
  const typed = look({
    config: { logging: { type: "local", config: [{ "max-size": "1m" }] } },
    see: { word: "echo written" },
  });
  const older = look({ config: { logging: [{ driver: "local" }] }, see: { word: "echo written" } });

  it("`logging.type`, `logging.config`: are the container's, and its output is read", () => {
    expect(typed().inspected.HostConfig.LogConfig).toEqual({ Type: "local", Config: { "max-size": "1m" } });
    expect(typed().inside("word")).toBe("written");
  });

  it("`logging.driver`: means the same as type", () => {
    expect(older().inspected.HostConfig.LogConfig).toEqual({ Type: "local", Config: {} });
  });
});
