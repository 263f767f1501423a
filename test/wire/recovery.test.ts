import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Status } from "nice-grpc";
import { describe, expect, it } from "vitest";
import type { TaskHandle } from "../../src/plugin/proto/generated/nomad/driver.ts";
import { bed, callEngineOk, startFaultProxy } from "../bed/index.ts";
import { beginSession, configure, openSession, type Session } from "./session.ts";
import { makeWireTask, type WireTask } from "./tasks.ts";

const second = { seconds: 1, nanos: 0 };

/** Numbered lines on both streams, some of them long, until `/local/end` is there; then the last number. */
const counting = `n=0; while [ ! -e /local/end ]; do
  n=$((n+1)); echo out $n; [ $((n % 50)) = 0 ] && echo err $n >&2
  [ $((n % 20)) = 0 ] && sleep 0.01
done; echo last $n`;

interface Counted extends WireTask {
  readonly taskId: string;
  readonly handle: TaskHandle;
}

describe("a plugin that ends, and the next one", () => {
  const program = bed().plugin;

  async function start(session: Session, script = counting): Promise<Counted> {
    const task = await makeWireTask(script);
    const { handle } = await session.driver.startTask({ task: task.config });
    if (handle === undefined) throw new Error("a started task has no handle");
    return { ...task, taskId: task.config.id, handle };
  }

  async function recover(session: Session, { taskId, handle }: Counted): Promise<void> {
    session.own(taskId);
    await session.driver.recoverTask({ taskId, handle });
  }

  /** Lets a counting task end; answers its exit code. */
  async function finish({ driver }: Session, { taskId }: Counted): Promise<number | undefined> {
    await driver.execTask({ taskId, command: ["touch", "/local/end"], timeout: { seconds: 20, nanos: 0 } });
    return (await driver.waitTask({ taskId })).result?.exitCode;
  }

  async function die({ plugin, host }: Session): Promise<void> {
    plugin.child.kill("SIGKILL");
    await plugin.ended;
    host[Symbol.dispose]();
  }

  const hasLast = (text: string) => /last \d+\n$/.test(text);

  /** All lines came, once and in order. */
  function expectComplete(text: string): void {
    const lines = text.split("\n");
    const last = Number(/^last (\d+)$/.exec(lines.at(-2) ?? "")?.[1]);
    expect(last).toBeGreaterThan(100);
    expect(lines).toEqual([...Array.from({ length: last }, (_, n) => `out ${n + 1}`), `last ${last}`, ""]);
  }

  it.each([
    ["once the agent collects again", true],
    ["although the agent does not collect any more", false],
  ])("killed in full swing, loses no line and repeats none %s", async (_when, collects) => {
    await using first = await openSession(program);
    const task = await start(first);
    let length = (await task.stdout.until((text) => text.length > 10_000)).length;
    await die(first);
    for (let round = 0; round < 2; round++) {
      await Promise.all([task.stdout.end(), task.stderr.end()]);
      await using next = await openSession(program);
      if (collects) {
        task.stdout.start();
        task.stderr.start();
      }
      await recover(next, task);
      const status = await next.driver.inspectTask({ taskId: task.taskId });
      expect(status.task?.state).toBe(1);
      length = (await task.stdout.until((text) => text.length > length + 10_000)).length;
      if (round === 0) await die(next);
      else expect(await finish(next, task)).toBe(0);
    }
    expectComplete(await task.stdout.until(hasLast));
    const numbers = task.stderr.text().split("\n").slice(0, -1);
    expect(numbers.length).toBeGreaterThan(5);
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, n) => `err ${(n + 1) * 50}`));
  });

  it("goes on for a new agent that finds it running, and keeps its tasks", async () => {
    await using session = await openSession(program);
    const task = await start(session);
    await task.stdout.until((text) => text.length > 5000);
    session.host[Symbol.dispose]();
    await using again = await beginSession(session.plugin);
    await recover(again, task);
    await recover(again, task);
    expect(await finish(again, task)).toBe(0);
    expectComplete(await task.stdout.end());
  });

  it("takes a new configuration, gives up its calls, and has the tasks again when they are recovered", async () => {
    await using session = await openSession(program);
    const task = await start(session);
    await task.stdout.until((text) => text.length > 5000);
    const waiting = session.driver.waitTask({ taskId: task.taskId }).catch((error: unknown) => error);
    await configure(session.host, { container_exists_attempts: 7 });
    expect(await waiting).toMatchObject({ code: Status.UNAVAILABLE });
    await recover(session, task);
    await configure(session.host, { container_exists_attempts: 7 });
    await task.stdout.until((text) => text.length > 10_000);
    expect(await finish(session, task)).toBe(0);
    expectComplete(await task.stdout.until(hasLast));
  });

  it("shuts down in good order and leaves its containers to the next one", async () => {
    await using session = await openSession(program);
    const task = await start(session);
    await task.stdout.until((text) => text.length > 5000);
    const waiting = session.driver.waitTask({ taskId: task.taskId }).catch((error: unknown) => error);
    await session.driver.shutdown({});
    await session.host.controller.shutdown({});
    expect(await session.plugin.ended).toBe(0);
    expect(await waiting).toMatchObject({ code: Status.UNAVAILABLE });
    await using next = await openSession(program);
    await recover(next, task);
    expect(await finish(next, task)).toBe(0);
    // The agent's collector has not seen an end in between.
    expectComplete(await task.stdout.until(hasLast));
  });

  it("tells how a task ended meanwhile, and fails for one that is gone", async () => {
    await using first = await openSession(program);
    const ended = await start(first, "sleep 0.3; echo bye; exit 9");
    const gone = await start(first, "sleep 1000");
    const { driver } = await first.driver.inspectTask({ taskId: gone.taskId });
    const containerId = driver?.attributes.get("container_id") ?? "";
    await die(first);
    await callEngineOk(bed().socket, "POST", `/containers/app-${ended.config.allocId}/wait`);
    await callEngineOk(bed().socket, "DELETE", `/containers/${containerId}?force=true`);
    await using next = await openSession(program);
    await ended.stdout.end();
    ended.stdout.start();
    await recover(next, ended);
    expect((await next.driver.waitTask({ taskId: ended.taskId })).result?.exitCode).toBe(9);
    expect(ended.stdout.text()).toBe("bye\n");
    await expect(recover(next, gone)).rejects.toThrow('the container of task "app" is gone');
    await expect(next.driver.destroyTask({ taskId: gone.taskId, force: true })).rejects.toThrow(
      "task not found",
    );
  });

  it("waits with a recovery for an engine that is away for a moment", async () => {
    await using first = await openSession(program);
    const task = await start(first, "sleep 1000");
    await die(first);
    await using proxy = await startFaultProxy({ target: bed().socket });
    await proxy.refuse(true);
    await using next = await openSession(program, { config: { endpoint: proxy.endpoint } });
    const recovering = recover(next, task);
    // The driver has tried, and knows that the engine is away.
    for await (const { health } of next.driver.fingerprint({})) {
      expect(health).toBe(0);
      break;
    }
    await proxy.refuse(false);
    await recovering;
    expect((await next.driver.inspectTask({ taskId: task.taskId })).task?.state).toBe(1);
  });

  it("stays without an agent as long as a task runs, and ends with its last one", async () => {
    await using session = await openSession(program, { env: { LONGSHORE_PLUGIN_ALONE: "1500ms" } });
    const task = await start(session);
    let { length } = await task.stdout.until((text) => text.length > 1000);
    session.host[Symbol.dispose]();
    const lateMs = performance.now() + 3000;
    while (performance.now() < lateMs)
      length = (await task.stdout.until((text) => text.length > length)).length;
    expect(session.plugin.child.exitCode).toBeNull();
    await writeFile(join(task.config.allocDir, task.config.name, "local", "end"), "");
    expect(await session.plugin.ended).toBe(0);
    expectComplete(await task.stdout.until(hasLast));
    // Its container is left to a later agent.
    await using next = await openSession(program);
    await recover(next, task);
    expect((await next.driver.waitTask({ taskId: task.taskId })).result?.exitCode).toBe(0);
  });

  it("holds up no other task for one whose output is not taken", async () => {
    await using session = await openSession(program);
    const stuck = await start(session, "yes stuck | head -n 30000; exec sleep 1000");
    session.own(stuck.taskId);
    await stuck.stdout.until((text) => text.length > 1000);
    stuck.stdout.pause();
    const other = await start(session);
    session.own(other.taskId);
    await other.stdout.until((text) => text.length > 5000);
    expect(await finish(session, other)).toBe(0);
    expectComplete(await other.stdout.end());
    await session.driver.stopTask({ taskId: stuck.taskId, timeout: second, signal: "SIGKILL" });
    expect((await session.driver.waitTask({ taskId: stuck.taskId })).result?.exitCode).toBe(137);
    stuck.stdout.resume();
    expect(await stuck.stdout.end()).toBe("stuck\n".repeat(30_000));
  });
});
