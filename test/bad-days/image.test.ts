import { randomUUID } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bed, type Fault, pushImage, type RegistryRequest, startRegistryFront } from "../bed/index.ts";
import { shellJob } from "../cli/command.ts";
import { expectNothingLeft, expectTold, liveDay } from "./bad-day.ts";

const program = bed().command;

const jobOf = (reference: string, more = "") =>
  shellJob("true").replace(bed().image, reference).replace("config {", `config {\n ${more}`);

const denied = { errors: [{ code: "DENIED", message: "requested access to the resource is denied" }] };
const tooMany = { errors: [{ code: "TOOMANYREQUESTS", message: "slow down" }] };

type FaultCase = readonly [condition: string, kind: RegistryRequest["kind"], fault: Fault, more: string];
const faults: readonly FaultCase[] = [
  ["that access is denied", "manifest", { status: 403, body: denied }, ""],
  ["401", "manifest", { status: 401 }, ""],
  ["403", "manifest", { status: 403 }, ""],
  ["404", "manifest", { status: 404 }, ""],
  ["429", "manifest", { status: 429, body: tooMany }, ""],
  ["500", "manifest", { status: 500 }, ""],
  ["HTML", "manifest", { status: 200, headers: { "content-type": "text/html" }, body: "<html>" }, ""],
  ["truncated layers", "blob", { truncateAfter: 5 }, ""],
  ["nothing at all for ever", "manifest", "hang", 'image_pull_timeout = "1s"'],
];

describe.concurrent("a registry that answers", () => {
  test.each<FaultCase>(faults)(
    "%s ends with 1, the reason told, and neither image nor container left",
    async (condition, kind, fault, more) => {
      const name = `bad-day-${randomUUID()}`;
      await pushImage({ registry: bed().registryHost, name, tag: "1" });
      await using front = await startRegistryFront({
        upstream: bed().registryHost,
        script: (request) => (request.kind === kind ? fault : "pass"),
      });
      const reference = `${front.host}/${name}:1`;
      const { code, shown, dataDir } = await liveDay(program, jobOf(reference, more), {
        places: [[reference, "registry.example/app:1"]],
      });
      expect(code).toBe(1);
      await expectTold(`a registry that answers ${condition}`, shown);
      await expectNothingLeft(dataDir, reference);
    },
  );
});

describe.concurrent("an image", () => {
  test("that the registry does not have ends with 1, the registry's words and a hint", async () => {
    const reference = `${bed().registryHost}/no-such-image:1`;
    const { code, shown, dataDir } = await liveDay(program, jobOf(reference), {
      places: [[bed().registryHost, "registry.example"]],
    });
    expect(code).toBe(1);
    await expectTold("an image that is not found", shown);
    await expectNothingLeft(dataDir, reference);
  });

  test("of a registry that cannot be reached ends with 1, the address told", async () => {
    const { code, shown, dataDir } = await liveDay(program, jobOf("127.0.0.1:1/app:1"));
    expect(code).toBe(1);
    await expectTold("an unreachable registry", shown);
    await expectNothingLeft(dataDir, "127.0.0.1:1/app:1");
    // There is no output to keep, so there is nothing that the next run would have to remove.
    expect(await readdir(join(dataDir, "jobs"))).toEqual([]);
  });
});
