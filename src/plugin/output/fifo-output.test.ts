import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync, readSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { LogChunk, LogPosition, TaskConfig } from "../../task/index.ts";
import { createFifoOutput, type TaskOutput } from "./fifo-output.ts";
import { PositionNote, toNotePath } from "./position-note.ts";

const at = (frames: number): LogPosition => ({ timeNs: "1000", frames });

/** The agent's log collector on one FIFO, read by hand. */
class Collector {
  readonly #fd: number;
  constructor(path: string) {
    this.#fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  }

  /** What is in the pipe now, up to `bytes`. */
  read(bytes = 1024 * 1024): string {
    const parts: Buffer[] = [];
    try {
      for (let left = bytes; left > 0; ) {
        const part = Buffer.alloc(Math.min(left, 65_536));
        const length = readSync(this.#fd, part);
        if (length === 0) break;
        parts.push(part.subarray(0, length));
        left -= length;
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
    }
    return Buffer.concat(parts).toString("utf8");
  }

  close(): void {
    closeSync(this.#fd);
  }
}

describe("createFifoOutput", () => {
  let folder = "";
  let task: TaskConfig;
  const notes: string[] = [];
  let kept = "";

  const createStandIn = async (): Promise<TaskOutput> => ({
    sink: {
      write: ({ data }) => {
        kept += Buffer.from(data).toString("utf8");
      },
      end: () => undefined,
    },
    position: undefined,
    close: () => undefined,
    remove: () => undefined,
  });
  const open = () => createFifoOutput(task, { createStandIn, onNote: (note) => void notes.push(note) });
  const noted = () => new PositionNote(toNotePath(task)).read();
  const chunk = (text: string, stream: LogChunk["stream"] = "stdout"): LogChunk => ({
    stream,
    data: Buffer.from(text),
  });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "longshore-fifo-"));
    await mkdir(join(folder, "app"));
    const [stdoutPath, stderrPath] = [join(folder, "out"), join(folder, "err")];
    execFileSync("mkfifo", [stdoutPath, stderrPath]);
    // Only what an output needs of a task.
    task = { name: "app", allocDir: folder, stdoutPath, stderrPath } as TaskConfig;
    notes.length = 0;
    kept = "";
  });
  afterEach(async () => await rm(folder, { recursive: true }));

  it("writes what fits at once, each stream to its own reader", async () => {
    const [out, err] = [new Collector(task.stdoutPath), new Collector(task.stderrPath)];
    const output = open();
    expect(output.sink.write(chunk("one\n"), at(1))).toBeUndefined();
    expect(await output.sink.write(chunk("two\n", "stderr"), at(2))).toBeUndefined();
    expect([out.read(), err.read()]).toEqual(["one\n", "two\n"]);
    output.close();
    expect([out.read(), err.read()]).toEqual(["", ""]);
  });

  it("waits for a slow reader and loses nothing, however large the piece", async () => {
    const out = new Collector(task.stdoutPath);
    const output = open();
    const text = "x".repeat(300_000);
    const writing = output.sink.write(chunk(text), at(1));
    let read = "";
    await vi.waitUntil(() => {
      read += out.read(50_000);
      return read.length === text.length;
    });
    await writing;
    expect(read).toBe(text);
    output.close();
  });

  it("begins when the reader comes late", async () => {
    const output = open();
    await output.sink.write(chunk("late\n"), at(1));
    const out = new Collector(task.stdoutPath);
    await output.sink.end();
    expect(out.read()).toBe("late\n");
    output.close();
  });

  it("keeps what a reader left in the pipe for the next one", async () => {
    const first = new Collector(task.stdoutPath);
    const output = open();
    await output.sink.write(chunk("left\n"), at(1));
    first.close();
    await output.sink.write(chunk("next\n"), at(2));
    const second = new Collector(task.stdoutPath);
    await output.sink.end();
    expect(second.read()).toBe("left\nnext\n");
    output.close();
  });

  it("goes to the new FIFO when the host makes another one", async () => {
    const first = new Collector(task.stdoutPath);
    const output = open();
    await output.sink.write(chunk("old\n"), at(1));
    expect(first.read()).toBe("old\n");
    first.close();
    await rm(task.stdoutPath);
    execFileSync("mkfifo", [task.stdoutPath]);
    const second = new Collector(task.stdoutPath);
    await output.sink.write(chunk("new\n"), at(2));
    await output.sink.end();
    expect(second.read()).toBe("new\n");
    output.close();
  });

  it("hands over to the stand-in when nobody reads, and back when somebody does", async () => {
    const first = new Collector(task.stdoutPath);
    const output = open();
    await output.sink.write(chunk("a\n"), at(1));
    await output.sink.write(chunk("b\n"), at(2));
    expect(first.read(2)).toBe("a\n");
    first.close();
    await output.sink.write(chunk("c\n"), at(3));
    await output.sink.write(chunk("d\n"), at(4));
    expect(kept).toBe("b\nc\nd\n");
    expect(notes).toEqual(["nobody reads the task's stdout; the agent's log files are written directly"]);
    const second = new Collector(task.stdoutPath);
    await output.sink.write(chunk("e\n"), at(5));
    expect(second.read()).toBe("e\n");
    expect(kept).toBe("b\nc\nd\n");
    output.close();
  });

  it("notes each piece before it goes, and when it closes that there is none on its way", async () => {
    const out = new Collector(task.stdoutPath);
    const output = open();
    await output.sink.write(chunk("one\n"), at(1));
    expect(noted()).toEqual({ position: undefined, partialBytes: 0, pendingBytes: 4 });
    await output.sink.write(chunk("two\n"), at(2));
    expect(out.read()).toBe("one\ntwo\n");
    output.close();
    expect(noted()).toEqual({ position: at(2), partialBytes: 0, pendingBytes: 0 });
  });

  it("notes chunks that go together as one piece", async () => {
    const out = new Collector(task.stdoutPath);
    const output = open();
    void output.sink.write(chunk("one\n"), at(1));
    await output.sink.write(chunk("two\n"), at(2));
    expect(noted()).toEqual({ position: undefined, partialBytes: 0, pendingBytes: 8 });
    expect(out.read()).toBe("one\ntwo\n");
    output.close();
    expect(noted()).toEqual({ position: at(2), partialBytes: 0, pendingBytes: 0 });
  });

  it("writes nothing any more once it is closed", async () => {
    const out = new Collector(task.stdoutPath);
    const output = open();
    void output.sink.write(chunk("late\n"), at(1));
    output.close();
    await new Promise((resolve) => setImmediate(resolve));
    expect(out.read()).toBe("");
    expect(noted()).toEqual({ position: undefined, partialBytes: 0, pendingBytes: 0 });
  });

  it("notes how much of a long chunk a slow reader has left room for", async () => {
    new Collector(task.stdoutPath);
    const output = open();
    const writing = Promise.resolve(output.sink.write(chunk("y".repeat(200_000)), at(1)));
    output.close();
    await expect(writing).rejects.toThrow("abort");
    expect(noted()).toEqual({ position: undefined, partialBytes: 65_536, pendingBytes: 0 });
  });

  it("leaves a stream that is read alone when the other one is not", async () => {
    const out = new Collector(task.stdoutPath);
    const output = open();
    await output.sink.write(chunk("e\n", "stderr"), at(1));
    await output.sink.write(chunk("o\n"), at(2));
    expect([out.read(), kept]).toEqual(["o\n", "e\n"]);
    const err = new Collector(task.stderrPath);
    await output.sink.write(chunk("f\n", "stderr"), at(3));
    await output.sink.end();
    expect([err.read(), kept]).toEqual(["f\n", "e\n"]);
    output.close();
  });

  it("takes no note that a task has put in the place of its own", async () => {
    const note = join(folder, "app", ".longshore-output");
    const secret = join(folder, "secret");
    await writeFile(secret, "secret");
    await symlink(secret, note);
    new Collector(task.stdoutPath);
    const output = open();
    await output.sink.write(chunk("x\n"), at(1));
    expect(await readFile(secret, "utf8")).toBe("secret");
    output.close();
    await rm(note);
    await writeFile(note, "999999999999999999999999 1 1 1\n");
    expect(noted()).toBeUndefined();
  });

  it("refuses a path that is no FIFO", async () => {
    await rm(task.stdoutPath);
    await writeFile(task.stdoutPath, "");
    expect(open).toThrow(`${task.stdoutPath} is no FIFO`);
  });

  it("forgets how far it was when the task is removed", async () => {
    new Collector(task.stdoutPath);
    const output = open();
    await output.sink.write(chunk("x\n"), at(1));
    output.remove();
    expect(noted()).toBeUndefined();
  });
});
