import { constants } from "node:fs";
import { appendFile, mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { LogPosition, LogSink } from "../task/index.ts";
import { createLogNoteFile } from "./log-note.ts";
import { createTaskLogs, type TaskLogs, type TaskLogsOptions } from "./task-logs.ts";

let allocDir: string;
let folder: string;
beforeEach(async () => {
  allocDir = await mkdtemp(join(tmpdir(), "longshore-logs-"));
  folder = join(allocDir, "alloc", "logs");
  await mkdir(folder, { recursive: true });
});
afterEach(() => rm(allocDir, { recursive: true }));

const read = (name: string): Promise<string> => readFile(join(folder, name), "utf8");
const at = (timeNs: string, frames = 1): LogPosition => ({ timeNs, frames });

describe("a task's logs", () => {
  const notes: string[] = [];
  const shown: string[] = [];
  const create = (overrides: Partial<TaskLogsOptions> = {}): TaskLogs =>
    createTaskLogs({
      allocDir,
      task: "web",
      limits: { maxFiles: 2, maxFileSizeMb: 1, disabled: false },
      noteFile: createLogNoteFile(() =>
        open(join(allocDir, "position"), constants.O_RDWR | constants.O_CREAT, 0o600),
      ),
      clock: { monotonicMs: () => 0 },
      onOutput: ({ data }) => void shown.push(Buffer.from(data).toString()),
      onNote: (message) => void notes.push(message),
      ...overrides,
    });
  const write = async (sink: LogSink, text: string, position?: LogPosition, stream?: "stderr") =>
    await sink.write({ stream: stream ?? "stdout", data: Buffer.from(text) }, position);
  beforeEach(() => {
    notes.length = 0;
    shown.length = 0;
  });

  test("are in the files when their end is told, in order", async () => {
    await using logs = create();
    const { sink, ended } = await logs.open();
    for (let line = 0; line < 1000; line++) void write(sink, `${line}\n`, at(`${line}`));
    await sink.end();
    await ended;
    const lines = (await read("web.stdout.0")).split("\n");
    expect(lines).toEqual([...Array.from({ length: 1000 }, (_, line) => `${line}`), ""]);
  });

  test("hold the reader up when much is waiting", async () => {
    await using logs = create();
    const { sink } = await logs.open();
    const data = Buffer.alloc(100_000, "x\n");
    const taken = Array.from({ length: 6 }, () => sink.write({ stream: "stdout", data }, undefined));
    expect(taken.slice(0, 3)).toEqual([undefined, undefined, undefined]);
    expect(taken[5]).toBeInstanceOf(Promise);
  });

  test("what was kept past the last noted position is not kept again when it comes again", async () => {
    const first = create();
    const { sink } = await first.open();
    await write(sink, "kept\n", at("42"));
    await sink.end();
    await write(sink, "err\n", at("43", 2), "stderr");
    await first[Symbol.asyncDispose]();
    // As if killed between writing and noting.
    await appendFile(join(folder, "web.stdout.0"), "half of ");

    await using second = create();
    const resumed = await second.resume();
    expect(resumed.position).toEqual(at("43", 2));
    await write(resumed.sink, "half", at("44"));
    await write(resumed.sink, " of it\n", at("45"));
    await resumed.sink.end();
    expect(await read("web.stdout.0")).toBe("kept\nhalf of it\n");
    expect(await read("web.stderr.0")).toBe("err\n");
  });

  test("a keeper that is killed while output comes again keeps it once all the same", async () => {
    const first = create();
    await (await first.open()).sink.end();
    await first[Symbol.asyncDispose]();
    await appendFile(join(folder, "web.stdout.0"), "one\ntwo\n");
    const second = create();
    const { sink } = await second.resume();
    await write(sink, "one\n", at("1"));
    await second[Symbol.asyncDispose]();

    await using third = create();
    const resumed = await third.resume();
    expect(resumed.position).toEqual(at("1"));
    await write(resumed.sink, "two\n", at("2"));
    await write(resumed.sink, "three\n", at("3"));
    await resumed.sink.end();
    expect(await read("web.stdout.0")).toBe("one\ntwo\nthree\n");
  });

  test("a new container's output begins without a position, behind what an earlier one wrote", async () => {
    const first = create();
    await write((await first.open()).sink, "before\n", at("1"));
    await first.open();
    await first[Symbol.asyncDispose]();
    await appendFile(join(folder, "web.stdout.0"), "first\n");

    await using second = create();
    const { sink, position } = await second.resume();
    expect(position).toBeUndefined();
    await write(sink, "first\n");
    await write(sink, "second\n");
    await sink.end();
    expect(await read("web.stdout.0")).toBe("before\nfirst\nsecond\n");
  });

  test("take no more of a note than a note can be", async () => {
    const places = { stdout: { index: -1, size: "x" } };
    await writeFile(join(allocDir, "position"), JSON.stringify({ position: at("evil"), places, ahead: 7 }));
    await using logs = create();
    const { sink, position } = await logs.resume();
    expect(position).toBeUndefined();
    await write(sink, "kept\n");
    await sink.end();
    expect(await read("web.stdout.0")).toBe("kept\n");
  });

  test("output is shown although the files cannot be written, which is told once", async () => {
    await using logs = create({ allocDir: join(allocDir, "missing") });
    const { sink } = await logs.open();
    for (const text of ["a", "b", "c"]) await write(sink, text);
    await sink.end();
    expect(shown).toEqual(["a", "b", "c"]);
    expect(notes).toEqual([expect.stringContaining("the task goes on")]);
  });

  test("disabled logs make no files, and are shown", async () => {
    await using logs = create({ limits: { maxFiles: 1, maxFileSizeMb: 1, disabled: true } });
    const { sink } = await logs.open();
    await write(sink, "a");
    await sink.end();
    expect(shown).toEqual(["a"]);
    expect(await readdir(folder)).toEqual([]);
  });
});
