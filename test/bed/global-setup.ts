import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { callEngineOk, engineSocket } from "../../scripts/engine-api.mjs";
import { buildPrograms } from "./build.ts";
import type { Bed } from "./facts.ts";
import { importImage, removeImage } from "./images.ts";
import { guardLabel, refuseLeaks } from "./leaks.ts";
import { pushImage } from "./push.ts";
import { startRegistry } from "./registry.ts";

/** Makes the run's programs, image, folder and registry before the tests that need Docker, and removes them after. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const socket = engineSocket();
  await callEngineOk(socket, "GET", "/_ping").catch((cause: unknown) => {
    throw new Error(`no Docker engine at ${socket}; \`npm test\` starts one where it may`, { cause });
  });
  const folder = await mkdtemp(join(tmpdir(), "longshore-test-"));
  const programs = await buildPrograms(join(folder, "programs"));
  const runId = randomUUID().slice(0, 8);
  const runLabel = { key: "longshore-test.run", value: runId };
  const image = await importImage(socket, { name: "longshore-test/busybox", tag: runId });
  const guardId = await guardImage(socket, image);
  const registry = await startRegistry();
  await pushImage({ registry: registry.host, name: "busybox", tag: "1" });
  const facts: Bed = { socket, image, registryHost: registry.host, runId, runLabel, folder, ...programs };
  project.provide("bed", facts);
  return async () => {
    try {
      await refuseLeaks(facts);
    } finally {
      await registry[Symbol.asyncDispose]();
      await callEngineOk(socket, "DELETE", `/containers/${guardId}?force=true`);
      await removeImagesOf(facts);
      await rm(folder, { recursive: true, force: true });
    }
  };
}

/** A container that never starts: the engine refuses to remove an image that a container uses. */
async function guardImage(socket: string, image: string): Promise<string> {
  const body = { Image: image, Cmd: ["true"], Labels: { [guardLabel]: "" } };
  const created = (await callEngineOk(socket, "POST", "/containers/create", { body })) as { Id: string };
  return created.Id;
}

async function removeImagesOf(run: Bed): Promise<void> {
  const images = (await callEngineOk(run.socket, "GET", "/images/json")) as { RepoTags: string[] | null }[];
  const tags = images.flatMap(({ RepoTags }) => RepoTags ?? []);
  const isOwn = (tag: string) =>
    tag.startsWith(`${run.registryHost}/`) ||
    (tag.startsWith("longshore-test/") && tag.endsWith(`:${run.runId}`));
  for (const tag of tags.filter(isOwn)) await removeImage(run.socket, tag);
}
