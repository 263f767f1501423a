import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeTemplate } from "../../test/agent/jobs.ts";
import { LongshoreError } from "../task/index.ts";
import type { Clock } from "./clock.ts";
import { watchTemplates } from "./template-watch.ts";

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "longshore-watch-"));
  file = join(folder, "in");
  await writeFile(file, "0");
});
afterEach(() => rm(folder, { recursive: true }));

/** A clock on which each look waits for the test, which is told when the one before is over. */
function createSteps() {
  let nowMs = 0;
  let wake: () => void = () => undefined;
  let arrived: () => void = () => undefined;
  const clock: Clock = {
    now: () => new Date(0),
    monotonicMs: () => nowMs,
    sleep: (ms) =>
      new Promise((resolve) => {
        wake = () => {
          nowMs += ms;
          resolve();
        };
        arrived();
      }),
  };
  const look = (): Promise<void> =>
    new Promise((resolve) => {
      arrived = resolve;
      wake();
    });
  return { clock, look };
}

async function setUp(wait?: { readonly minMs: number; readonly maxMs: number }) {
  const { clock, look } = createSteps();
  const end = new AbortController();
  const told: string[] = [];
  let files: readonly string[] = [file];
  const template = makeTemplate({ wait });
  const watching = watchTemplates([{ template, files }], {
    clock,
    signal: end.signal,
    async rewrite() {
      told.push("rendered");
      if (files.length === 0) throw new LongshoreError("invalid", "no files");
      return { files, changed: true };
    },
    async onChange(changed) {
      told.push(`${changed.length} changed`);
    },
    onFault: (_template, error) => void told.push(error.message),
  });
  const readFiles = (next: readonly string[]): void => {
    files = next;
  };
  await look();
  const stop = async (): Promise<void> => {
    end.abort();
    void look();
    await watching;
  };
  return { look, told, readFiles, stop, forget: () => told.splice(0) };
}

describe("watched templates", () => {
  it("are rendered again once at first, and then when a file of theirs changes", async () => {
    const { look, told, forget, stop } = await setUp();
    expect(told).toEqual(["rendered", "1 changed"]);
    forget();
    await look();
    expect(told).toEqual([]);
    await writeFile(file, "another");
    await look();
    await look();
    expect(told).toEqual(["rendered", "1 changed"]);
    forget();
    await rm(file);
    await look();
    expect(told).toEqual(["rendered", "1 changed"]);
    await stop();
  });

  it("wait until changes are over, and no longer than they may", async () => {
    const { look, told, forget, stop } = await setUp({ minMs: 1500, maxMs: 3000 });
    await look();
    await look();
    expect(told).toEqual(["rendered", "1 changed"]);
    forget();
    for (let n = 1; n <= 3; n++) {
      await writeFile(file, "x".repeat(n));
      await look();
    }
    expect(told).toEqual([]);
    await writeFile(file, "xxxxx");
    await look();
    expect(told).toEqual(["rendered", "1 changed"]);
    await stop();
  });

  it("are rendered once more when they read other files than before", async () => {
    const { look, told, readFiles, forget, stop } = await setUp();
    forget();
    readFiles([file, join(folder, "other")]);
    await writeFile(file, "names other");
    await look();
    await look();
    await look();
    expect(told).toEqual(["rendered", "1 changed", "rendered", "1 changed"]);
    await stop();
  });

  it("tell a fault once, and are rendered again with the next change", async () => {
    const { look, told, readFiles, forget, stop } = await setUp();
    forget();
    readFiles([]);
    await writeFile(file, "bad");
    await look();
    await look();
    expect(told).toEqual(["rendered", "no files"]);
    readFiles([file]);
    await writeFile(file, "good again");
    await look();
    expect(told.slice(2)).toEqual(["rendered", "1 changed"]);
    await stop();
  });

  it("that read nothing, or are to be rendered once, are not looked at", async () => {
    const options = {
      clock: createSteps().clock,
      signal: new AbortController().signal,
      rewrite: () => Promise.reject(new Error("rendered")),
      onChange: () => Promise.reject(new Error("changed")),
      onFault: () => undefined,
    };
    const once = { template: makeTemplate({ once: true }), files: [file] };
    await watchTemplates([once, { template: makeTemplate(), files: [] }], options);
  });
});
