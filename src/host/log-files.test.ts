import { execFileSync } from "node:child_process";
import {
  link,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type GuardedFolder, openGuardedFolder } from "./guarded-folder.ts";
import { createLogRotator } from "./log-rotator.ts";

let root: string;
let logs: string;
let folder: GuardedFolder;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "longshore-logs-"));
  logs = join(root, "alloc", "logs");
  await mkdir(logs, { recursive: true });
  folder = await openGuardedFolder(root, ["alloc", "logs"]);
});
afterEach(async () => {
  await folder[Symbol.asyncDispose]();
  await rm(root, { recursive: true });
});

const bytes = (text: string): Uint8Array => Buffer.from(text);
const read = (name: string): Promise<string> => readFile(join(logs, name), "utf8");
const rotator = (maxFiles = 2, maxFileBytes = 10) =>
  createLogRotator({ folder, name: "web.stdout", maxFiles, maxFileBytes });

async function writeOnce(text: string): Promise<void> {
  const log = rotator();
  await log.write(bytes(text));
  await log.close();
}

describe("log files", () => {
  test("go on in the next file when full, and the oldest is deleted", async () => {
    const log = rotator();
    for (const line of ["one one\n", "two two\n", "three\n", "4\n", "five five\n"])
      await log.write(bytes(line));
    await log.close();
    expect((await readdir(logs)).sort()).toEqual(["web.stdout.2", "web.stdout.3"]);
    expect(await read("web.stdout.2")).toBe("three\n4\n");
    expect(await read("web.stdout.3")).toBe("five five\n");
  });

  test("hold whole lines, also of many written at once", async () => {
    const log = rotator(10);
    await log.write(bytes("1 one\n2\n3 three\n4 four\n5"));
    await log.close();
    const names = (await readdir(logs)).sort();
    expect(await Promise.all(names.map(read))).toEqual(["1 one\n2\n", "3 three\n", "4 four\n5"]);
  });

  test("split a line that is longer than a file", async () => {
    const log = rotator(10);
    await log.write(bytes("0123456789abcdefghijXY"));
    await log.close();
    expect(await Promise.all([0, 1, 2].map((index) => read(`web.stdout.${index}`)))).toEqual([
      "0123456789",
      "abcdefghij",
      "XY",
    ]);
  });

  test("are appended to by a later writer", async () => {
    await writeFile(join(logs, "web.stdout.0"), "gone");
    await writeFile(join(logs, "web.stdout.4"), "old\n");
    await writeOnce("new\n");
    expect(await read("web.stdout.4")).toBe("old\nnew\n");
  });

  test("can be counted from a place, over several files", async () => {
    const log = rotator(10);
    await log.write(bytes("12345\n"));
    const place = log.place() ?? { index: 9, size: 9 };
    await log.write(bytes("789\nabcdefg\nhij\n"));
    await log.close();
    expect(await rotator(10).countAfter(place)).toBe(16);
    expect(await rotator(10).countAfter({ index: 5, size: 3 })).toBe(0);
  });

  test("have the mode that Nomad's own have", async () => {
    await writeOnce("x");
    expect((await stat(join(logs, "web.stdout.0"))).mode & 0o777).toBe(0o644 & ~process.umask());
  });
});

describe("a task that would lead its log files elsewhere", () => {
  let precious: string;
  beforeEach(async () => {
    precious = join(root, "precious");
    await writeFile(precious, "mine");
  });
  afterEach(async () => expect(await readFile(precious, "utf8")).toBe("mine"));

  test("by a symlink gets a new file in its place", async () => {
    await symlink(precious, join(logs, "web.stdout.0"));
    await writeOnce("evil");
    expect(await read("web.stdout.0")).toBe("evil");
  });

  test("by a second name of a file gets a new file in its place", async () => {
    await link(precious, join(logs, "web.stdout.0"));
    await writeOnce("evil");
    expect(await read("web.stdout.0")).toBe("evil");
  });

  test("by a folder gets a new file in its place, and keeps the folder under another name", async () => {
    await mkdir(join(logs, "web.stdout.0", "deep"), { recursive: true });
    await writeOnce("evil");
    expect(await read("web.stdout.0")).toBe("evil");
    const aside = (await readdir(logs)).find((name) => name.startsWith(".web.stdout.0."));
    expect(await readdir(join(logs, aside ?? ""))).toEqual(["deep"]);
  });

  test.runIf(process.platform === "linux")("by a pipe gets a new file, and the pipe not opened", async () => {
    const [pipe, sameName] = [join(logs, "web.stdout.0"), join(root, "pipe")];
    execFileSync("mkfifo", [pipe]);
    await link(pipe, sameName);
    let opened = false;
    const reading = open(pipe, "r").then((file) => {
      opened = true;
      return file;
    });
    await writeOnce("evil");
    await readdir(logs);
    expect(opened).toBe(false);
    expect(await read("web.stdout.0")).toBe("evil");
    const [writer, reader] = await Promise.all([open(sameName, "w"), reading]);
    await writer.close();
    await reader.close();
  });

  test("by a symlink in the folder's place gets no files", async () => {
    await rename(join(root, "alloc"), join(root, "moved"));
    await symlink(root, join(root, "alloc"));
    await expect(openGuardedFolder(root, ["alloc", "logs"])).rejects.toMatchObject({
      kind: "invalid",
      message: expect.stringContaining("is a symlink"),
    });
  });

  test.runIf(process.platform === "linux")("by moving the open folder gets its files there", async () => {
    const elsewhere = join(root, "elsewhere");
    await mkdir(elsewhere);
    await rename(logs, join(root, "moved"));
    await symlink(elsewhere, logs);
    await writeOnce("evil");
    expect(await readdir(elsewhere)).toEqual([]);
    expect(await readFile(join(root, "moved", "web.stdout.0"), "utf8")).toBe("evil");
  });
});
