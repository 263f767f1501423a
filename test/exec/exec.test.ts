import { describe, expect, it } from "vitest";
import type { ExecMessage } from "../../src/task/index.ts";
import { bed, callEngineOk, deferred, type Fault, startFaultProxy } from "../bed/index.ts";
import { startDriver, type TestDriver } from "../driver/driver-bed.ts";

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

  it("may take a time that is no whole number of milliseconds, or longer than a timer's longest", async () => {
    await using bench = startDriver();
    const task = await bench.start("sleep 600");
    const run = (timeoutMs: number) => bench.driver.execTask(task.id, { command: ["true"], timeoutMs });
    for (const timeoutMs of [2 ** 31, 2 ** 40, 20_000.5]) {
      expect(await run(timeoutMs)).toMatchObject({ exitCode: 0 });
    }
    await expect(run(Number.NaN)).rejects.toMatchObject({ kind: "invalid" });
  });

  it("keeps the last 4 KiB of each stream", async () => {
    await using bench = startDriver();
    const task = await bench.start("sleep 600");
    const command = ["sh", "-c", "head -c 100000 /dev/zero | tr '\\0' a; echo end"];
    const { stdout } = await bench.driver.execTask(task.id, { command, timeoutMs: 20_000 });
    expect(stdout).toHaveLength(4096);
    expect(Buffer.from(stdout).toString()).toMatch(/^a+end\n$/);
  });

  it("that does not end in time is killed with all it has started", async () => {
    await using bench = startDriver();
    const task = await bench.start("sleep 600");
    const command = ["sh", "-c", "sleep 601 & setsid sleep 602 & echo started; sleep 603; true"];
    const running = bench.driver.execTask(task.id, { command, timeoutMs: 700 });
    await expect(running).rejects.toMatchObject({
      kind: "timeout",
      message: expect.stringContaining("did not end within 0.7 s"),
      hint: expect.stringContaining("was killed"),
    });
    await untilAlone(bench, task.id);
  });

  it("goes on where its engine is elsewhere, which is said", async () => {
    await using proxy = await startFaultProxy({ target: bed().socket });
    await using bench = startDriver({ endpoint: proxy.endpoint });
    const task = await bench.start("sleep 600");
    // A number that is another process's on this machine, as one of another machine may be.
    proxy.rule((method, path) => {
      const isLook = method === "GET" && path.startsWith("/exec/");
      const body = { Running: true, ExitCode: null, Pid: process.pid };
      return isLook ? { status: 200, body } : "pass";
    });
    const running = bench.driver.execTask(task.id, { command: ["sleep", "601"], timeoutMs: 1500 });
    await expect(running).rejects.toMatchObject({
      kind: "timeout",
      hint: expect.stringContaining("goes on in the container"),
    });
    expect(await processesOf(bench, task.id)).toEqual(["sleep 600", "sleep 601"]);
  });

  it("ends when its reader leaves, and when its call is canceled", async () => {
    await using bench = startDriver();
    const task = await bench.start("sleep 600");
    const command = ["sh", "-c", "echo on; sleep 601; true"];
    for await (const _ of bench.driver.execTaskStreaming(task.id, { command, tty: false })) break;
    await untilAlone(bench, task.id);
    const caller = new AbortController();
    const { signal } = caller;
    const reading = (async () => {
      const messages = bench.driver.execTaskStreaming(task.id, { command, tty: false, signal });
      for await (const _ of messages) caller.abort();
    })();
    await expect(reading).rejects.toMatchObject({ kind: "canceled" });
    await untilAlone(bench, task.id);
  });

  it("that closes its output tells its exit code when it ends, and not before", async () => {
    await using bench = startDriver();
    const task = await bench.start("sleep 600; true");
    const command = ["sh", "-c", "echo bye; exec >&- 2>&-; read line < /local/pipe; exit 7"];
    await bench.driver.execTask(task.id, { command: ["mkfifo", "/local/pipe"], timeoutMs: 20_000 });
    const messages = bench.driver.execTaskStreaming(task.id, { command, tty: false })[Symbol.asyncIterator]();
    expect((await messages.next()).value).toMatchObject({ type: "output" });
    const exited = messages.next();
    const go = ["sh", "-c", "echo go > /local/pipe"];
    await bench.driver.execTask(task.id, { command: go, timeoutMs: 20_000 });
    expect((await exited).value).toEqual({ type: "exited", exitCode: 7 });
    await messages.return?.();
  });

  it("a hundred times at once has its own output and exit code each, told by events and not asked for", async () => {
    await using proxy = await startFaultProxy({ target: bed().socket });
    await using bench = startDriver({ endpoint: proxy.endpoint });
    const task = await bench.start("sleep 600");
    // Who asks for an exit code is not answered before the end.
    const over = deferred();
    proxy.rule(async (method, path): Promise<Fault> => {
      if (method === "GET" && path.startsWith("/exec/")) await over.promise;
      return "pass";
    });
    const runs = Array.from({ length: 100 }, async (_, n) => {
      const command = ["sh", "-c", `echo ${n}; exit ${n}`];
      const { stdout, exitCode } = await bench.driver.execTask(task.id, { command, timeoutMs: 50_000 });
      return [Buffer.from(stdout).toString(), exitCode];
    });
    expect(await Promise.all(runs)).toEqual(runs.map((_, n) => [`${n}\n`, n]));
    over.resolve();
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

/** The command lines of the task's processes, as the engine tells them. */
async function processesOf({ driver }: TestDriver, taskId: string): Promise<readonly string[]> {
  const { container_id } = driver.inspectTask(taskId).attributes;
  const path = `/containers/${container_id}/top?ps_args=${encodeURIComponent("-eo pid,args")}`;
  const top = (await callEngineOk(bed().socket, "GET", path)) as { Processes: string[][] };
  return top.Processes.map((columns) => columns.at(-1) ?? "").sort();
}

/** Resolves when only the task's own process is left; each look takes the engine a while. */
async function untilAlone(bench: TestDriver, taskId: string): Promise<void> {
  while ((await processesOf(bench, taskId)).length > 1);
}
