import { mkdir, rename, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { toTaskDirs } from "../../src/task/index.ts";
import { bed, callEngine, type Fault, startFaultProxy } from "../bed/index.ts";
import { makeShellTask, startDriver } from "../driver/driver-bed.ts";

describe("a path that another container of the group can reach, and swaps for a link to the host's", () => {
  // Check: checkSharedSources, before the container is made, before its start, and after.
  it.each([
    [
      "in the shared folder, before the container is made",
      "../alloc/data/conf",
      "GET",
      /^\/containers\/neighbour/,
    ],
    [
      "in that container's own folder, before the start",
      "../neighbour/local/conf",
      "POST",
      /^\/containers\/create$/,
    ],
    ["in the task's own folder, during the start", "local/conf", "POST", /^\/containers\/[0-9a-f]+\/start$/],
  ])("%s ends the start, and no container is left", async (_, source, method, path) => {
    await using proxy = await startFaultProxy({ target: bed().socket });
    await using bench = startDriver({ endpoint: proxy.endpoint });
    const neighbour = await bench.start("sleep 600", { name: "neighbour" });
    const { allocId, allocDir } = neighbour;
    const place = { name: "victim", allocId, allocDir };
    const task = await makeShellTask("sleep 600", {
      ...place,
      driverConfig: { network_mode: `container:neighbour-${allocId}`, volumes: [`${source}:/conf`] },
    });
    const folder = join(toTaskDirs(place).taskDir, source);
    await mkdir(folder);
    proxy.rule(async (usedMethod, usedPath): Promise<Fault> => {
      if (usedMethod !== method || !path.test(usedPath)) return "pass";
      proxy.rule(undefined);
      await rename(folder, `${folder}-moved`);
      await symlink("/etc", folder);
      return "pass";
    });
    await expect(bench.startTask(task)).rejects.toThrow(
      `the path ${folder}, which is to be mounted, was replaced`,
    );
    await rm(folder);
    const { status } = await callEngine(bed().socket, "GET", `/containers/victim-${allocId}/json`);
    expect(status).toBe(404);
  });
});
