import { execFileSync } from "node:child_process";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { bed, importImage, pushImage, startPrivateEngine } from "../bed/index.ts";
import { makeShellTask, startDriver } from "../driver/driver-bed.ts";
import { listTraces } from "./traces.ts";

/** A small disk of its own, in memory. Needs root. */
function mountDisk(megabytes: number) {
  const folder = join(bed().folder, `disk-${crypto.randomUUID()}`);
  execFileSync("mkdir", [folder]);
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "none", folder]);
  return { folder, [Symbol.dispose]: () => void execFileSync("umount", ["--lazy", folder]) };
}

it("a disk of the engine's that is full is named as such, leaves nothing, and is no hindrance later", async () => {
  using disk = mountDisk(48);
  await using engine = await startPrivateEngine({ args: [`--data-root=${disk.folder}`] });
  const image = await importImage(engine.socket, { name: "longshore-test/disk", tag: "1" });
  await using bench = startDriver({ endpoint: engine.endpoint });
  const target = { registry: bed().registryHost, name: `disk-${bed().runId}`, tag: "1" };
  const { reference: large } = await pushImage(target, { ballastBytes: 60_000_000 });

  const pulls = await makeShellTask("exit 0", { driverConfig: { image: large, network_mode: "none" } });
  await expect(bench.startTask(pulls)).rejects.toMatchObject({
    message: expect.stringContaining("the engine's disk is full"),
    hint: expect.stringContaining("docker system prune"),
  });
  expect(await listTraces(engine.socket)).toMatchObject({ containers: [], images: [image] });

  const filler = join(disk.folder, "filler");
  await writeFile(filler, Buffer.alloc(64_000_000)).catch(() => undefined);
  const starts = await makeShellTask("exit 0", { driverConfig: { image, network_mode: "none" } });
  await expect(bench.startTask(starts)).rejects.toMatchObject({
    message: expect.stringContaining("disk is full"),
    hint: expect.stringContaining("docker system prune"),
  });
  await rm(filler);
  await bench.startTask(starts);
  expect(await bench.driver.waitTask(starts.id)).toMatchObject({ exitCode: 0 });
  await bench.driver.destroyTask(starts.id);
  expect((await listTraces(engine.socket)).containers).toEqual([]);
});
