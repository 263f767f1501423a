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
  const made: Release[] = [];
  try {
    const facts = await makeBed(made);
    project.provide("bed", facts);
    return async () => await refuseLeaks(facts).finally(async () => await releaseAll(made));
  } catch (error) {
    await releaseAll(made);
    throw error;
  }
}

type Release = () => Promise<unknown>;

/** The last first. */
async function releaseAll(made: Release[]): Promise<void> {
  for (let last = made.pop(); last; last = made.pop()) await last();
}

/** Adds to `made` how to remove each thing as soon as it is there. */
async function makeBed(made: Release[]): Promise<Bed> {
  const socket = engineSocket();
  await callEngineOk(socket, "GET", "/_ping").catch((cause: unknown) => {
    throw new Error(`no Docker engine at ${socket}; \`npm test\` starts one where it may`, { cause });
  });
  const folder = await mkdtemp(join(tmpdir(), "longshore-test-"));
  made.push(async () => await rm(folder, { recursive: true, force: true }));
  const programs = await buildPrograms(join(folder, "programs"));
  const registry = await startRegistry();
  made.push(async () => await registry[Symbol.asyncDispose]());
  const runId = randomUUID().slice(0, 8);
  made.push(async () => await removeImagesOf(socket, registry.host, runId));
  const image = await importImage(socket, { name: "longshore-test/busybox", tag: runId });
  const guardId = await guardImage(socket, image);
  made.push(async () => await callEngineOk(socket, "DELETE", `/containers/${guardId}?force=true`));
  await pushImage({ registry: registry.host, name: "busybox", tag: "1" });
  const runLabel = { key: "longshore-test.run", value: runId };
  return { socket, image, registryHost: registry.host, runId, runLabel, folder, ...programs };
}

/** A container that never starts: the engine refuses to remove an image that a container uses. */
async function guardImage(socket: string, image: string): Promise<string> {
  const body = { Image: image, Cmd: ["true"], Labels: { [guardLabel]: "" } };
  const created = (await callEngineOk(socket, "POST", "/containers/create", { body })) as { Id: string };
  return created.Id;
}

async function removeImagesOf(socket: string, registryHost: string, runId: string): Promise<void> {
  const images = (await callEngineOk(socket, "GET", "/images/json")) as { RepoTags: string[] | null }[];
  const tags = images.flatMap(({ RepoTags }) => RepoTags ?? []);
  const isOwn = (tag: string) =>
    tag.startsWith(`${registryHost}/`) || (tag.startsWith("longshore-test/") && tag.endsWith(`:${runId}`));
  for (const tag of tags.filter(isOwn)) await removeImage(socket, tag);
}
