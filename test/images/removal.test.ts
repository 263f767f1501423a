import { execFileSync } from "node:child_process";
import { createReadStream, createWriteStream, existsSync } from "node:fs";
import { readdir, symlink, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { describe, expect, it } from "vitest";
import { ImageNotes, type ImageRemovalEvent } from "../../src/driver/images/index.ts";
import { silentLogger } from "../../src/task/index.ts";
import { bed, callEngineOk, deferred, importImage, removeImage, startFaultProxy } from "../bed/index.ts";
import { bare, openImages } from "./set-up.ts";

/** Resolves with the first removal event. */
function nextRemoval() {
  const told = deferred<ImageRemovalEvent>();
  return { onRemoval: (event: ImageRemovalEvent) => told.resolve(event), told: told.promise };
}

describe("after its last use an image", () => {
  it("is removed when the delay is over", async () => {
    const { onRemoval, told } = nextRemoval();
    await using at = await openImages({ imageDelayMs: 10, onRemoval });
    const reference = await at.push();
    const [one, two] = [await at.images.acquire({ reference }), await at.images.acquire({ reference })];
    one.release();
    one.release();
    await at.images.flush();
    expect(await at.has(reference)).toBe(true);
    two.release();
    expect(await told).toEqual({ type: "image-removed", image: reference });
    expect(await at.has(reference)).toBe(false);
  });

  it("stays for a delay that is longer than a timer's longest", async () => {
    await using at = await openImages({ imageDelayMs: 2 ** 32 });
    const reference = await at.push();
    (await at.images.acquire({ reference, pullTimeoutMs: 2 ** 32, activityTimeoutMs: 2 ** 32 })).release();
    // What removes it at once has asked for another call by now.
    await at.images.acquire({ reference });
    expect([at.removals, await at.has(reference)]).toEqual([[], true]);
  });

  it("stays while somebody else has begun to use it within the delay", async () => {
    await using at = await openImages({ imageDelayMs: 60_000 });
    const reference = await at.push();
    (await at.images.acquire({ reference })).release();
    const again = await at.images.acquire({ reference });
    await at.images.flush();
    expect(await at.has(reference)).toBe(true);
    again.release();
    await at.images.flush();
    expect(await at.has(reference)).toBe(false);
    expect(at.removals).toEqual([{ type: "image-removed", image: reference }]);
  });

  it("is waited for when its removal is under way, and then pulled again", async () => {
    await using proxy = await startFaultProxy({ target: bed().socket });
    await using at = await openImages({ imageDelayMs: 60_000 }, { endpoint: proxy.endpoint });
    const reference = await at.push();
    (await at.images.acquire({ reference })).release();
    const open = deferred();
    proxy.rule(async (method) => {
      if (method === "DELETE") await open.promise;
      return "pass" as const;
    });
    const flushed = at.images.flush();
    await proxy.seen("DELETE", /^\/images\//);
    const again = at.images.acquire({ reference });
    open.resolve();
    await flushed;
    await again;
    expect(await at.has(reference)).toBe(true);
    expect(at.engine.calls.get("POST /images/create")).toBe(2);
  });

  it("is removed after another delay when the engine could not be asked", async () => {
    await using proxy = await startFaultProxy({ target: bed().socket });
    const { onRemoval, told } = nextRemoval();
    await using at = await openImages({ imageDelayMs: 10, onRemoval }, { endpoint: proxy.endpoint });
    const reference = await at.push();
    const lease = await at.images.acquire({ reference });
    let cut = 0;
    proxy.rule((method) => (method === "DELETE" && cut++ === 0 ? "cut" : "pass"));
    lease.release();
    expect(await told).toEqual({ type: "image-removed", image: reference });
    expect(await at.has(reference)).toBe(false);
  });

  it("stays when cleanup is off", async () => {
    await using at = await openImages({ cleanup: false });
    const reference = await at.push();
    (await at.images.acquire({ reference })).release();
    await at.images.flush();
    expect(await at.has(reference)).toBe(true);
  });

  it("keeps its other tags", async () => {
    await using at = await openImages({ imageDelayMs: 60_000 });
    const reference = await at.push();
    const lease = await at.images.acquire({ reference });
    const [repository] = reference.split(/:(?=[^:]*$)/);
    await callEngineOk(bed().socket, "POST", `/images/${reference}/tag?repo=${repository}&tag=other`);
    lease.release();
    await at.images.flush();
    expect([await at.has(reference), await at.has(`${repository}:other`)]).toEqual([false, true]);
    await removeImage(bed().socket, `${repository}:other`);
  });

  it.each([
    ["by that name", "1", (reference: string) => reference, false],
    ["by that name, one of two it has", "1", (reference: string) => reference, true],
    [
      "by that name without latest, one of two it has",
      "latest",
      (reference: string) => reference.slice(0, -7),
      true,
    ],
  ])("stays when a container of others uses it %s", async (_how, tag, toName, hasOther) => {
    await using at = await openImages({ imageDelayMs: 60_000 });
    const reference = await at.push(tag);
    const lease = await at.images.acquire({ reference });
    const repository = reference.slice(0, reference.lastIndexOf(":"));
    if (hasOther) {
      await callEngineOk(bed().socket, "POST", `/images/${reference}/tag?repo=${repository}&tag=other`);
    }
    const { runLabel } = bed();
    const name = `longshore-test-images-${crypto.randomUUID()}`;
    const request = { Image: toName(reference), Labels: { [runLabel.key]: runLabel.value }, HostConfig: {} };
    const { id } = await at.engine.createContainer(name, request);
    lease.release();
    await at.images.flush();
    expect(await at.has(reference)).toBe(true);
    expect(at.removals).toEqual([]);
    await at.engine.removeContainer(id);
    if (hasOther) await removeImage(bed().socket, `${repository}:other`);
  });

  it("that is gone already is no trouble", async () => {
    await using at = await openImages({ imageDelayMs: 60_000 });
    const reference = await at.push();
    (await at.images.acquire({ reference })).release();
    await removeImage(bed().socket, reference);
    await at.images.flush();
    expect(at.removals).toEqual([]);
  });

  it("stays when its name means another image by now", async () => {
    await using at = await openImages({ imageDelayMs: 60_000 });
    const reference = await at.push();
    (await at.images.acquire({ reference })).release();
    await removeImage(bed().socket, reference);
    const [name = "", tag = ""] = reference.split(/:(?=[^:]*$)/);
    await importImage(bed().socket, { name, tag }, bare);
    await at.images.flush();
    expect(await at.has(reference)).toBe(true);
  });

  it("that no registry has is never removed, which is told once, and costs no call and no note", async () => {
    await using at = await openImages({ imageDelayMs: 60_000 });
    const folder = join(bed().folder, `notes-${crypto.randomUUID()}`);
    at.images.remember(new ImageNotes(folder, silentLogger));
    const name = `longshore-test/local-${crypto.randomUUID().slice(0, 8)}`;
    const reference = await importImage(bed().socket, { name, tag: "1" }, bare);
    for (let n = 0; n < 2; n++) {
      const lease = await at.images.acquire({ reference });
      expect(existsSync(folder)).toBe(false);
      lease.release();
      await at.images.flush();
    }
    expect([...at.engine.calls]).toEqual([
      ["GET /_ping", 1],
      ["GET /images/{id}/json", 2],
    ]);
    expect(await at.has(reference)).toBe(true);
    expect(at.removals).toEqual([
      { type: "image-kept", image: reference, reason: expect.stringContaining("no registry has it") },
    ]);
    await removeImage(bed().socket, reference);
  });

  it("goes with the images that the name meant before, when nobody uses those", async () => {
    await using at = await openImages({ imageDelayMs: 60_000 });
    const reference = await at.push("latest");
    const old = await at.images.acquire({ reference });
    const name = reference.slice(reference.indexOf("/") + 1, reference.lastIndexOf(":"));
    await at.push("latest", bare, name);
    const fresh = await at.images.acquire({ reference });
    old.release();
    fresh.release();
    await at.images.flush();
    expect([await at.has(old.image.Id), await at.has(fresh.image.Id)]).toEqual([false, false]);
  });

  it("that a task held before a restart is removed like one acquired", async () => {
    await using at = await openImages({ imageDelayMs: 60_000 });
    const reference = await at.push();
    await at.images.acquire({ reference });
    await using later = await openImages({ imageDelayMs: 60_000, engine: at.engine });
    const held = later.images.hold(reference);
    await later.images.flush();
    expect(await at.has(reference)).toBe(true);
    held.release();
    await later.images.flush();
    expect(await at.has(reference)).toBe(false);
  });

  it.each([
    ["while it waited for its removal", true],
    ["while it was in use", false],
  ])("is removed by the driver after one that was killed %s", async (_when, released) => {
    const folder = join(bed().folder, `notes-${crypto.randomUUID()}`);
    await using at = await openImages({ imageDelayMs: 60_000 });
    const [one, two, three] = [await at.push("1"), await at.push("2"), await at.push("3")];
    for (const reference of [one, two, three]) {
      // What was in use before counts too.
      if (reference === two) at.images.remember(new ImageNotes(folder, silentLogger));
      const lease = await at.images.acquire({ reference });
      if (released) lease.release();
    }
    await using later = await openImages({ imageDelayMs: 60_000 });
    const held = later.images.hold(three);
    later.images.remember(new ImageNotes(folder, silentLogger));
    const wanted = await later.images.acquire({ reference: two });
    await later.images.flush();
    expect([await at.has(one), await at.has(two), await at.has(three)]).toEqual([false, true, true]);
    expect(later.removals).toEqual([{ type: "image-removed", image: one }]);
    expect((await readdir(folder)).length).toBe(2);
    wanted.release();
    held.release();
    await later.images.flush();
    expect(await at.has(two)).toBe(false);
    expect(existsSync(folder)).toBe(false);
  });

  it("that could not be had is not looked for", async () => {
    await using at = await openImages();
    const reference = `${at.front.host}/nonesuch:1`;
    await expect(at.images.acquire({ reference })).rejects.toMatchObject({ kind: "not-found" });
    await at.images.flush();
    expect(at.removals).toEqual([]);
  });
});

/** `docker save` of local images. */
async function saveImage(...references: readonly string[]): Promise<string> {
  const path = join(bed().folder, `${crypto.randomUUID()}.tar`);
  const names = references.map((reference) => `names=${encodeURIComponent(reference)}`).join("&");
  const response = await new Promise<NodeJS.ReadableStream>((resolve, reject) => {
    request({ socketPath: bed().socket, path: `/images/get?${names}` }, resolve)
      .on("error", reject)
      .end();
  });
  await pipeline(response, createWriteStream(path));
  return path;
}

describe("an image archive", () => {
  it("is loaded in place of a pull, and its image may be removed again", async () => {
    await using at = await openImages({ imageDelayMs: 60_000 });
    const name = `longshore-test/load-${crypto.randomUUID().slice(0, 8)}`;
    const reference = await importImage(bed().socket, { name, tag: "1" }, bare);
    const loadArchive = await saveImage(reference);
    await removeImage(bed().socket, reference);
    const lease = await at.images.acquire({ reference, loadArchive });
    expect(lease.image.RepoTags).toEqual([reference]);
    expect(at.front.requests).toEqual([]);
    lease.release();
    await at.images.flush();
    expect(await at.has(reference)).toBe(false);
  });

  it("may be packed and hold several tags, of which only the task's own is removed again", async () => {
    await using at = await openImages({ imageDelayMs: 60_000 });
    const name = `longshore-test/load-${crypto.randomUUID().slice(0, 8)}`;
    const one = await importImage(bed().socket, { name, tag: "1" }, bare);
    const two = await importImage(bed().socket, { name, tag: "2" }, bare);
    await callEngineOk(bed().socket, "POST", `/images/${one}/tag?repo=${name}&tag=same`);
    const same = `${name}:same`;
    const plain = await saveImage(one, same, two);
    const loadArchive = `${plain}.gz`;
    await pipeline(createReadStream(plain), createGzip(), createWriteStream(loadArchive));
    for (const reference of [one, same, two]) await removeImage(bed().socket, reference);
    const lease = await at.images.acquire({ reference: same, loadArchive });
    expect([...(lease.image.RepoTags ?? [])].sort()).toEqual([one, same]);
    lease.release();
    await at.images.flush();
    expect(await Promise.all([one, same, two].map(at.has))).toEqual([true, false, true]);
    for (const reference of [one, two]) await removeImage(bed().socket, reference);
  });

  it("whose images have no tag says so by their ids", async () => {
    await using at = await openImages();
    const name = `longshore-test/load-${crypto.randomUUID().slice(0, 8)}`;
    const reference = await importImage(bed().socket, { name, tag: "1" }, bare);
    const { Id } = await at.engine.inspectImage(reference);
    const loadArchive = await saveImage(Id);
    await expect(at.images.acquire({ reference: `${name}:2`, loadArchive })).rejects.toMatchObject({
      kind: "invalid",
      message: `Image archive "${loadArchive}" holds ${Id}, but not "${name}:2"`,
    });
    await removeImage(bed().socket, reference);
  });

  it("of an image that is there already is not loaded, and does not make it removable", async () => {
    await using at = await openImages({ imageDelayMs: 60_000 });
    const name = `longshore-test/load-${crypto.randomUUID().slice(0, 8)}`;
    const fixed = await importImage(bed().socket, { name, tag: "1" }, bare);
    (await at.images.acquire({ reference: fixed, loadArchive: "/no/such/archive.tar" })).release();
    const latest = await importImage(bed().socket, { name, tag: "latest" }, bare);
    const loadArchive = await saveImage(latest);
    (await at.images.acquire({ reference: latest, loadArchive })).release();
    await at.images.flush();
    expect([await at.has(fixed), await at.has(latest)]).toEqual([true, true]);
    for (const reference of [fixed, latest]) await removeImage(bed().socket, reference);
  });

  it("that lacks the image says what it holds", async () => {
    await using at = await openImages();
    const name = `longshore-test/load-${crypto.randomUUID().slice(0, 8)}`;
    const reference = await importImage(bed().socket, { name, tag: "1" }, bare);
    const loadArchive = await saveImage(reference);
    const wanted = `${name}:2`;
    await expect(at.images.acquire({ reference: wanted, loadArchive })).rejects.toMatchObject({
      kind: "invalid",
      message: `Image archive "${loadArchive}" holds ${reference}, but not "${wanted}"`,
      hint: expect.stringContaining("docker save"),
    });
    await removeImage(bed().socket, reference);
  });

  it("that is missing, or none, is an error that names it", async () => {
    await using at = await openImages();
    const reference = `longshore-test/load-${crypto.randomUUID().slice(0, 8)}:1`;
    const missing = join(bed().folder, "missing.tar");
    await expect(at.images.acquire({ reference, loadArchive: missing })).rejects.toMatchObject({
      kind: "invalid",
      message: expect.stringContaining(missing),
    });
    const [pipe, link] = [join(bed().folder, "pipe.tar"), join(bed().folder, "link.tar")];
    execFileSync("mkfifo", [pipe]);
    await symlink("/dev/zero", link);
    // One that nobody writes to would hold a thread of the driver's for good, the other never end.
    for (const loadArchive of [pipe, "/dev/zero", bed().folder, link]) {
      await expect(at.images.acquire({ reference, loadArchive })).rejects.toMatchObject({
        kind: "invalid",
        message: expect.stringMatching(
          `Cannot read image archive "${loadArchive}": (it is no plain file|ELOOP)`,
        ),
      });
    }
    const garbage = join(bed().folder, "garbage.tar");
    await writeFile(garbage, Buffer.alloc(100_000, "x"));
    await expect(at.images.acquire({ reference, loadArchive: garbage })).rejects.toMatchObject({
      message: expect.stringContaining("Cannot load"),
    });
  });
});
