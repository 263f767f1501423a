import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import type { Fingerprint } from "../../src/task/index.ts";
import {
  bed,
  callEngineOk,
  deferred,
  type EngineRule,
  type Fault,
  type FaultProxy,
  startFaultProxy,
  until,
} from "../bed/index.ts";
import { fromEngine, MemorySink, makeShellTask, startDriver } from "./driver-bed.ts";

const proxied = () => startFaultProxy({ target: bed().socket });

async function containersOf(allocId: string): Promise<number> {
  const filters = encodeURIComponent(JSON.stringify({ label: [`com.hashicorp.nomad.alloc_id=${allocId}`] }));
  return ((await callEngineOk(bed().socket, "GET", `/containers/json?all=1&filters=${filters}`)) as [])
    .length;
}

/** Resolves when no container of the allocation is left; asks after each removal that the driver sends. */
async function untilGone(proxy: FaultProxy, allocId: string): Promise<void> {
  while ((await containersOf(allocId)) > 0) await proxy.seen("DELETE", /./);
}

describe("without an engine", () => {
  it("a start says what it could not reach and what to do, at once", async () => {
    await using bench = startDriver({ endpoint: "unix:///nowhere/docker.sock" });
    const task = await makeShellTask("true");
    await expect(bench.driver.startTask(task)).rejects.toMatchObject({
      kind: "unavailable",
      message: "Cannot reach Docker at unix:///nowhere/docker.sock: there is no such socket",
      hint: expect.stringContaining("Is Docker installed and running?"),
    });
    expect(() => bench.driver.inspectTask(task.id)).toThrow("task not found");
  });

  it("the fingerprint is undetected, healthy as soon as there is one, and unhealthy when it goes", async () => {
    await using proxy = await proxied();
    await proxy.refuse("missing");
    await using bench = startDriver({ endpoint: proxy.endpoint });
    const prints = bench.driver.fingerprint()[Symbol.asyncIterator]();
    const first = (await prints.next()).value as Fingerprint;
    expect(first).toMatchObject({ health: "undetected", attributes: {} });
    expect(first.description).toContain("Failed to connect to docker daemon");
    await proxy.refuse(false);
    const second = (await prints.next()).value as Fingerprint;
    expect(second).toMatchObject({ health: "healthy", description: "Healthy" });
    await proxy.refuse(true);
    expect((await prints.next()).value).toMatchObject({ health: "unhealthy" });
    await proxy.refuse(false);
    expect((await prints.next()).value).toMatchObject({ health: "healthy" });
    await prints.return?.();
  });
});

describe("a connection that breaks", () => {
  const rules: [string, string, (proxy: FaultProxy) => EngineRule][] = [
    [
      "before the container is created",
      "POST /containers/create",
      () => (_, path) => (path === "/containers/create" ? "cut" : "pass"),
    ],
    [
      "while the image is looked at",
      "GET /images/{id}/json",
      () => (_, path) => (path.startsWith("/images/") ? "cut" : "pass"),
    ],
    [
      "before the container is started",
      "POST /containers/{id}/start",
      () => (_, path) => (path.endsWith("/start") ? "cut" : "pass"),
    ],
  ];
  it.each(rules)("%s fails the start and leaves nothing", async (_title, _call, toRule) => {
    await using proxy = await proxied();
    await using bench = startDriver({ endpoint: proxy.endpoint });
    await bench.run("true");
    proxy.rule(toRule(proxy));
    const task = await makeShellTask("sleep 600");
    await expect(bench.driver.startTask(task)).rejects.toMatchObject({
      kind: "unavailable",
      retryable: true,
    });
    proxy.rule(undefined);
    await untilGone(proxy, task.allocId);
    const again = await bench.startTask(task);
    expect(again.handle.driverState.containerId).not.toBe("");
  });

  it("for as long as a container runs is no exit, and the exit in between is told after", async () => {
    await using proxy = await proxied();
    await using bench = startDriver({ endpoint: proxy.endpoint });
    const sink = new MemorySink();
    const script = "echo ready; while [ ! -e /local/go ]; do sleep 0.02; done; echo done; exit 6";
    const task = await bench.start(script, {}, { logs: sink });
    await sink.until((text) => text.includes("ready"));
    await proxy.refuse(true);
    await bench.event(({ detail }) => detail.type === "engine-lost");
    await writeFile(`${task.allocDir}/${task.name}/local/go`, "");
    const { container_id } = bench.driver.inspectTask(task.id).attributes;
    await callEngineOk(bed().socket, "POST", `/containers/${container_id}/wait`);
    expect(bench.driver.inspectTask(task.id).phase).toBe("unknown");
    await proxy.refuse(false);
    expect(await bench.driver.waitTask(task.id)).toMatchObject({ exitCode: 6 });
    expect(sink.text()).toBe("ready\ndone\n");
  });

  it("hides no end that is heard of while the answer of a look from before it is on its way", async () => {
    await using proxy = await proxied();
    await using bench = startDriver({ endpoint: proxy.endpoint });
    const script = "while [ ! -e /local/go ]; do sleep 0.02; done; exit 6";
    const [task, other] = await Promise.all([bench.start(script), bench.start(script)]);
    const go = ({ allocDir, name }: typeof task) => writeFile(`${allocDir}/${name}/local/go`, "");
    const { container_id } = bench.driver.inspectTask(task.id).attributes;
    const path = `/containers/${container_id}/json`;
    const body = (await callEngineOk(bed().socket, "GET", path)) as object;
    const late = deferred();
    let looks = 0;
    proxy.rule(async (_, asked) => {
      if (asked !== path || ++looks > 1) return "pass" as const;
      await late.promise;
      return { status: 200, body };
    });
    proxy.cut();
    await proxy.seen("GET", path);
    await go(task);
    await callEngineOk(bed().socket, "POST", `/containers/${container_id}/wait`);
    // Events come in order: after the other one's end, this one's was heard of.
    await go(other);
    await bench.driver.waitTask(other.id);
    late.resolve();
    expect(await bench.driver.waitTask(task.id)).toMatchObject({ exitCode: 6 });
  });

  it("while many tasks end, again and again, tells each end once and with its own code", async () => {
    await using proxy = await proxied();
    await using bench = startDriver({ endpoint: proxy.endpoint });
    const script = (code: number) => `while [ ! -e /local/go ]; do sleep 0.02; done; exit ${code}`;
    const tasks = await Promise.all(Array.from({ length: 8 }, (_, n) => bench.start(script(n + 10))));
    let cuts = 0;
    // Just after it has subscribed anew, and just when it looks at a task.
    proxy.rule((_, path) => {
      const breaks = (path === "/info" || path.startsWith("/containers/")) && cuts++ < 6;
      if (breaks) proxy.cut();
      return "pass";
    });
    for (const { allocDir, name } of tasks) {
      await writeFile(`${allocDir}/${name}/local/go`, "");
      proxy.cut();
    }
    const exits = await Promise.all(tasks.map(({ id }) => bench.driver.waitTask(id)));
    expect(exits.map(({ exitCode }) => exitCode)).toEqual(tasks.map((_, n) => n + 10));
    expect(bench.events.filter(({ detail }) => detail.type === "exited")).toHaveLength(8);
  });

  it("while the output is read loses no line", async () => {
    await using proxy = await proxied();
    await using bench = startDriver({ endpoint: proxy.endpoint });
    const sink = new MemorySink();
    const script = "n=0; while [ $n -lt 300 ]; do n=$((n+1)); echo line $n; sleep 0.005; done";
    const task = await bench.start(script, {}, { logs: sink });
    for (const mark of [20, 60, 120]) {
      await sink.until((text) => text.includes(`line ${mark}\n`));
      proxy.cut();
    }
    await bench.driver.waitTask(task.id);
    expect(sink.text()).toBe(Array.from({ length: 300 }, (_, n) => `line ${n + 1}\n`).join(""));
  });

  it("while a task stops does not keep it from stopping", async () => {
    await using proxy = await proxied();
    await using bench = startDriver({ endpoint: proxy.endpoint });
    const sink = new MemorySink();
    const task = await bench.start(
      "trap '' TERM; echo ready; while :; do sleep 1000 & wait; done",
      {},
      { logs: sink },
    );
    await sink.until((text) => text.includes("ready"));
    let broken = 0;
    proxy.rule((_, path) => (path.endsWith("/kill") && broken++ < 2 ? "cut" : "pass"));
    const stopping = bench.driver.stopTask(task.id, { graceMs: 200 });
    await bench.event(({ detail }) => detail.type === "killed");
    proxy.cut();
    await stopping;
    expect(await bench.driver.waitTask(task.id)).toMatchObject({ exitCode: 137 });
    expect(broken).toBeGreaterThan(2);
  });

  it("while a task is destroyed is an error that may be tried again", async () => {
    await using proxy = await proxied();
    await using bench = startDriver({ endpoint: proxy.endpoint });
    const ran = await bench.run("true");
    proxy.rule((method) => (method === "DELETE" ? "cut" : "pass"));
    await expect(bench.driver.destroyTask(ran.task.id)).rejects.toMatchObject({ kind: "unavailable" });
    proxy.rule(undefined);
    await bench.driver.destroyTask(ran.task.id);
    expect(await containersOf(ran.task.allocId)).toBe(0);
  });
});

describe("events that do not come, on a connection that does not break", () => {
  const silent: EngineRule = (_, path) => (path === "/events" ? { hangAfter: 0 } : "pass");

  it("are made up for by a look at all tasks with one call", async () => {
    await using proxy = await proxied();
    proxy.rule(silent);
    await using bench = startDriver({ endpoint: proxy.endpoint, secondLookMs: 200 });
    const script = "while [ ! -e /local/go ]; do sleep 0.02; done; exit 6";
    const [task, other] = [await bench.start(script), await bench.start(script)];
    await writeFile(`${task.allocDir}/${task.name}/local/go`, "");
    expect(await bench.driver.waitTask(task.id)).toMatchObject({ exitCode: 6 });
    expect(bench.driver.inspectTask(other.id).phase).toBe("running");
    const looks = proxy.requests.filter(({ path }) => path === "/containers/json");
    expect(proxy.counts.get("GET /containers/{id}/json")).toBe(1);
    expect(looks.length).toBeGreaterThan(0);
    await writeFile(`${other.allocDir}/${other.name}/local/go`, "");
    await bench.driver.waitTask(other.id);
  });

  it.each([
    ["whose state the engine has noted", {}],
    ["whose output has ended", fromEngine],
  ])("are not needed to tell the end of a task %s", async (_, options) => {
    await using proxy = await proxied();
    proxy.rule(silent);
    await using bench = startDriver({ ...options, endpoint: proxy.endpoint });
    const ran = await bench.run("echo bye; exit 6");
    expect(ran).toMatchObject({ exit: { exitCode: 6 }, stdout: "bye\n" });
  });
});

describe("an answer that gets lost", () => {
  it.each(["/containers/create", "start"])("of %s does not leave the container behind", async (call) => {
    await using proxy = await proxied();
    await using bench = startDriver({ endpoint: proxy.endpoint });
    await bench.run("true");
    const task = await makeShellTask("sleep 600");
    // The engine does the work, the answer does not arrive, and nothing else does for a while.
    let lost = false;
    proxy.rule((_, path) => {
      if (lost) return "cut";
      lost = path.endsWith(call);
      return lost ? "cut-after" : "pass";
    });
    await expect(bench.driver.startTask(task)).rejects.toMatchObject({ kind: "unavailable" });
    expect(await containersOf(task.allocId)).toBe(1);
    proxy.rule(undefined);
    await untilGone(proxy, task.allocId);
  });
});

describe("a start that is canceled", () => {
  it.each(["/containers/create", "start"])(
    "while the engine does not answer %s leaves nothing",
    async (call) => {
      await using proxy = await proxied();
      await using bench = startDriver({ endpoint: proxy.endpoint });
      await bench.run("true");
      const caller = new AbortController();
      const canceled = deferred();
      proxy.rule(async (method, path): Promise<Fault> => {
        if (method !== "POST" || !path.endsWith(call)) return "pass";
        caller.abort();
        await canceled.promise;
        return "pass";
      });
      const task = await makeShellTask("sleep 600");
      const starting = bench.driver.startTask(task, { signal: caller.signal });
      starting.catch(() => undefined);
      await once(caller.signal, "abort");
      canceled.resolve();
      await expect(starting).rejects.toMatchObject({ kind: "canceled" });
      await untilGone(proxy, task.allocId);
      expect(await containersOf(task.allocId)).toBe(0);
    },
  );
});

describe("a start that is canceled while the engine is busy", () => {
  it("is over when its container is removed, also if the engine refuses that at first", async () => {
    await using proxy = await proxied();
    await using bench = startDriver({ endpoint: proxy.endpoint });
    await bench.run("true");
    const caller = new AbortController();
    let refused = 0;
    proxy.rule((method, path) => {
      if (path.endsWith("/start")) caller.abort();
      if (method !== "DELETE" || refused === 3) return "pass";
      refused++;
      return { status: refused === 1 ? 409 : 500, body: { message: "busy" } };
    });
    const task = await makeShellTask("sleep 600");
    await expect(bench.driver.startTask(task, { signal: caller.signal })).rejects.toMatchObject({
      kind: "canceled",
    });
    expect(await containersOf(task.allocId)).toBe(0);
    expect(refused).toBe(3);
  });
});

describe("all tasks", () => {
  it("are watched by one subscription, and no task is asked for while nothing happens", async () => {
    await using proxy = await proxied();
    await using bench = startDriver({ endpoint: proxy.endpoint });
    const scripts = Array.from(
      { length: 6 },
      (_, n) => `while [ ! -e /local/go ]; do sleep 0.02; done; exit ${n + 1}`,
    );
    const tasks = await Promise.all(scripts.map((script) => bench.start(script)));
    const before = proxy.counts.get("GET /containers/{id}/json") ?? 0;
    for (const task of tasks) await writeFile(`${task.allocDir}/${task.name}/local/go`, "");
    const exits = await Promise.all(tasks.map((task) => bench.driver.waitTask(task.id)));
    expect(exits.map(({ exitCode }) => exitCode)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(proxy.counts.get("GET /events")).toBe(1);
    expect((proxy.counts.get("GET /containers/{id}/json") ?? 0) - before).toBe(6);
  });

  it("are listed to nobody when they start at once", async () => {
    await using bench = startDriver();
    const events = bench.driver.taskEvents();
    const started = until(events, ({ detail }) => detail.type === "started");
    await Promise.all(Array.from({ length: 4 }, () => bench.start("sleep 600")));
    await started;
    expect(
      [...bench.engine.calls.keys()].filter((name) => /\/json$/.test(name) && !name.includes("{id}")),
    ).toEqual([]);
  });
});
