import { describe, expect, it } from "vitest";
import { isLongshoreError, type LongshoreError, type TaskConfig } from "../../src/task/index.ts";
import { bed, type Fault, pushImage, startPrivateEngine, startRegistryFront } from "../bed/index.ts";
import { makeShellTask, startDriver, type TestDriver } from "../driver/driver-bed.ts";
import { createChance, isFull, seed } from "./chance.ts";
import { listTraces } from "./traces.ts";

const statuses = [400, 401, 403, 404, 408, 409, 418, 429, 500, 501, 502, 503, 504];
const parts = ["ping", "manifest", "blob"] as const;

const faults: readonly (readonly [string, Fault])[] = [
  ...statuses.map((status) => [`answers ${status}`, { status, body: { errors: [] } }] as const),
  ["stalls", "hang"],
  ["stalls half-way", { hangAfter: 40 }],
  ["breaks off", "cut"],
  ["truncates", { truncateAfter: 40 }],
  [
    "sends a page for people",
    { status: 200, headers: { "content-type": "text/html" }, body: "<html>no</html>" },
  ],
];

const all = parts.flatMap((part) => faults.map(([what, fault]) => ({ part, what, fault })));

function toLongshoreError(error: unknown): LongshoreError {
  if (isLongshoreError(error)) return error;
  throw error;
}

async function end({ driver }: TestDriver, { id }: TaskConfig): Promise<void> {
  await driver.waitTask(id);
  await driver.destroyTask(id);
}

describe(`a registry that goes wrong, seed ${seed}`, () => {
  it("fails the start in time and with a reason, leaves nothing, and serves the next one", async () => {
    const chance = createChance();
    await using engine = await startPrivateEngine();
    await using bench = startDriver({ endpoint: engine.endpoint });
    const chosen = isFull ? all : all.filter(() => chance.happens(0.12));
    const wrong: string[] = [];
    // The engine pulls three layers at once, and goes on with one that it could not get for a while.
    for (let at = 0; at < chosen.length; at += 3) {
      await Promise.all(
        chosen.slice(at, at + 3).map(async ({ part, what, fault }) => {
          const name = `registry-${crypto.randomUUID().slice(0, 8)}`;
          await pushImage({ registry: bed().registryHost, name, tag: "1" });
          await using registry = await startRegistryFront({
            upstream: bed().registryHost,
            script: ({ kind }) => (kind === part ? fault : "pass"),
          });
          const driverConfig = {
            image: `${registry.host}/${name}:1`,
            network_mode: "none",
            image_pull_timeout: "4s",
          };
          const task = await makeShellTask("exit 0", { driverConfig });
          const error = await bench.startTask(task).then(() => undefined, toLongshoreError);
          // The engine asks on whatever a ping is answered, except nothing at all.
          if (error === undefined && part === "ping") return await end(bench, task);
          const told = `${part} ${what}: ${error}`;
          if (!error?.message.includes(name)) wrong.push(`${told}: says not which image`);
          if (error?.kind === "internal") wrong.push(`${told}: says not what happened`);
          registry.script(undefined);
          if (part === "blob") return;
          // A machine that is busy may take longer over one that goes well.
          const driver = { ...task.driverConfig, image_pull_timeout: "1m" };
          await bench.startTask({ ...task, driverConfig: driver });
          await end(bench, task);
        }),
      );
    }
    expect(wrong).toEqual([]);
    expect(await listTraces(engine.socket)).toMatchObject({ containers: [], networks: [], volumes: [] });
  }, 300_000);
});
