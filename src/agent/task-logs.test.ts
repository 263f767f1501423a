import { appendFile, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createJumpingClock } from "../../test/agent/jobs.ts";
import { createLogRotator } from "./log-rotator.ts";
import { createTaskLogs, type TaskLogsOptions } from "./task-logs.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "longshore-logs-"));
});
afterEach(() => rm(folder, { recursive: true }));

const bytes = (text: string): Uint8Array => Buffer.from(text);
const read = (name: string): Promise<string> => readFile(join(folder, name), "utf8");

describe("log files", () => {
  const rotator = (maxFiles = 2, maxFileBytes = 10) =>
    createLogRotator({ folder, name: "web.stdout", maxFiles, maxFileBytes });

  test("go on in the next file when full, and the oldest is deleted", async () => {
    const log = rotator();
    for (const line of ["one one\n", "two two\n", "three\n", "4\n", "five five\n"])
      await log.write(bytes(line));
    await log.close();
    expect((await readdir(folder)).sort()).toEqual(["web.stdout.2", "web.stdout.3"]);
    expect(await read("web.stdout.2")).toBe("three\n4\n");
    expect(await read("web.stdout.3")).toBe("five five\n");
  });

  test("split what is larger than a file", async () => {
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
    await writeFile(join(folder, "web.stdout.0"), "gone");
    await writeFile(join(folder, "web.stdout.4"), "old\n");
    const log = rotator();
    await log.write(bytes("new\n"));
    await log.close();
    expect(await read("web.stdout.4")).toBe("old\nnew\n");
  });

  test("are never written through a symlink", async () => {
    await writeFile(join(folder, "precious"), "mine");
    await symlink(join(folder, "precious"), join(folder, "web.stdout.0"));
    const log = rotator();
    await log.write(bytes("evil"));
    await log.close();
    expect(await read("precious")).toBe("mine");
    expect(await read("web.stdout.0")).toBe("evil");
  });

  test("forget what came after a place", async () => {
    const log = rotator(10);
    await log.write(bytes("12345678"));
    const place = log.place();
    await log.write(bytes("9012"));
    await log.close();
    const later = rotator(10);
    await later.rewind(place ?? { index: 0, size: 0 });
    await later.write(bytes("X"));
    await later.close();
    expect(await readdir(folder)).toEqual(["web.stdout.0"]);
    expect(await read("web.stdout.0")).toBe("12345678X");
  });
});

describe("a task's logs", () => {
  const notes: string[] = [];
  const shown: string[] = [];
  const clock = createJumpingClock();
  const options = (overrides: Partial<TaskLogsOptions> = {}): TaskLogsOptions => ({
    folder,
    task: "web",
    limits: { maxFiles: 2, maxFileSizeMb: 1, disabled: false },
    positionPath: join(folder, "position"),
    clock,
    async onOutput({ data }) {
      shown.push(Buffer.from(data).toString());
    },
    onNote: (message) => void notes.push(message),
    ...overrides,
  });
  beforeEach(() => {
    notes.length = 0;
    shown.length = 0;
  });

  test("a later run forgets what was kept past the last noted position, and reads from there", async () => {
    const position = { timeNs: "42", frames: 1 };
    const first = createTaskLogs(options());
    const { sink } = await first.open();
    await sink.write({ stream: "stdout", data: bytes("kept\n") }, position);
    await sink.write({ stream: "stderr", data: bytes("err\n") }, { timeNs: "43", frames: 2 });
    await first[Symbol.asyncDispose]();
    // As if killed between writing and noting.
    await writeFile(join(folder, "web.stdout.0"), "kept\nhalf", { flag: "w" });

    await using second = createTaskLogs(options());
    const resumed = await second.resume();
    expect(resumed.position).toEqual({ timeNs: "43", frames: 2 });
    await resumed.sink.write({ stream: "stdout", data: bytes("again\n") }, undefined);
    expect(await read("web.stdout.0")).toBe("kept\nagain\n");
    expect(await read("web.stderr.0")).toBe("err\n");
  });

  test("what was kept before the first note is forgotten, and what an earlier container wrote is not", async () => {
    const first = createTaskLogs(options());
    await (await first.open()).sink.write({ stream: "stdout", data: bytes("before\n") }, undefined);
    await first.open();
    await first[Symbol.asyncDispose]();
    // As if killed between writing and noting.
    await appendFile(join(folder, "web.stdout.0"), "first\n");
    await using second = createTaskLogs(options());
    const { sink } = await second.resume();
    await sink.write({ stream: "stdout", data: bytes("first\n") }, undefined);
    expect(await read("web.stdout.0")).toBe("before\nfirst\n");
  });

  test("a new container's output begins without a position", async () => {
    const first = createTaskLogs(options());
    await (await first.open()).sink.write({ stream: "stdout", data: bytes("a") }, { timeNs: "1", frames: 1 });
    await first.open();
    await first[Symbol.asyncDispose]();
    await using second = createTaskLogs(options());
    expect((await second.resume()).position).toBeUndefined();
  });

  test("output is shown although the files cannot be written, which is told once", async () => {
    const missing = join(folder, "missing");
    await using logs = createTaskLogs(options({ folder: missing }));
    const { sink } = await logs.open();
    for (const text of ["a", "b", "c"]) await sink.write({ stream: "stdout", data: bytes(text) }, undefined);
    expect(shown).toEqual(["a", "b", "c"]);
    expect(notes).toEqual([expect.stringContaining("the task goes on")]);
  });

  test("disabled logs make no files, and are shown", async () => {
    await using logs = createTaskLogs(options({ limits: { maxFiles: 1, maxFileSizeMb: 1, disabled: true } }));
    const { sink } = await logs.open();
    await sink.write({ stream: "stdout", data: bytes("a") }, undefined);
    expect(shown).toEqual(["a"]);
    expect(await readdir(folder)).toEqual(["position"]);
  });
});
