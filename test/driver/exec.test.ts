import { describe, expect, it } from "vitest";
import type { ExecMessage } from "../../src/task/index.ts";
import { startDriver } from "./driver-bed.ts";

async function readAll(messages: AsyncIterable<ExecMessage>) {
  const out = { stdout: "", stderr: "", exitCode: -1 };
  for await (const message of messages) {
    if (message.type === "exited") out.exitCode = message.exitCode;
    else out[message.stream] += Buffer.from(message.data).toString();
  }
  return out;
}

async function* feed(...parts: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part);
}

describe("a command in a task", () => {
  it("answers its output and exit code, and sees the task's environment", async () => {
    await using bench = startDriver();
    const task = await bench.start("sleep 600", { env: { MINE: "yes" } });
    const command = ["sh", "-c", "echo $MINE; echo oops >&2; exit 9"];
    const output = await bench.driver.execTask(task.id, { command, timeoutMs: 20_000 });
    expect(Buffer.from(output.stdout).toString()).toBe("yes\n");
    expect(Buffer.from(output.stderr).toString()).toBe("oops\n");
    expect(output.exitCode).toBe(9);
  });

  it("keeps the last 4 KiB of each stream", async () => {
    await using bench = startDriver();
    const task = await bench.start("sleep 600");
    const command = ["sh", "-c", "head -c 100000 /dev/zero | tr '\\0' a; echo end"];
    const { stdout } = await bench.driver.execTask(task.id, { command, timeoutMs: 20_000 });
    expect(stdout).toHaveLength(4096);
    expect(Buffer.from(stdout).toString()).toMatch(/^a+end\n$/);
  });

  it("that does not end in time is a timeout", async () => {
    await using bench = startDriver();
    const task = await bench.start("sleep 600");
    const running = bench.driver.execTask(task.id, { command: ["sleep", "600"], timeoutMs: 300 });
    await expect(running).rejects.toMatchObject({
      kind: "timeout",
      message: expect.stringContaining('"sleep 600"'),
    });
  });

  it("that does not exist has the engine's exit code for that", async () => {
    await using bench = startDriver();
    const task = await bench.start("sleep 600");
    const result = bench.driver.execTask(task.id, { command: ["no-such-program"], timeoutMs: 20_000 }).then(
      ({ exitCode }) => exitCode,
      (error: { kind: string }) => error.kind,
    );
    expect([126, 127, "invalid"]).toContain(await result);
  });

  it("takes input to its end and streams output", async () => {
    await using bench = startDriver();
    const task = await bench.start("sleep 600");
    const stdin = feed("one\n", "two\n");
    const messages = bench.driver.execTaskStreaming(task.id, { command: ["sort", "-r"], tty: false, stdin });
    expect(await readAll(messages)).toEqual({ stdout: "two\none\n", stderr: "", exitCode: 0 });
  });

  it("has a terminal of the size it is given", async () => {
    await using bench = startDriver();
    const task = await bench.start("sleep 600");
    async function* sizes() {
      yield { columns: 91, rows: 33 };
    }
    const script = "until [ \"$(stty size)\" = '33 91' ]; do sleep 0.05; done; echo sized";
    const messages = bench.driver.execTaskStreaming(task.id, {
      command: ["sh", "-c", script],
      tty: true,
      stdin: feed(),
      resize: sizes(),
    });
    expect(await readAll(messages)).toMatchObject({
      stdout: expect.stringContaining("sized\r\n"),
      exitCode: 0,
    });
  });

  it("is refused when the task has ended", async () => {
    await using bench = startDriver();
    const { task } = await bench.run("true");
    const running = bench.driver.execTask(task.id, { command: ["true"], timeoutMs: 1000 });
    await expect(running).rejects.toMatchObject({ kind: "conflict" });
  });
});
