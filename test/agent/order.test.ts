import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Clock, createAgent } from "../../src/agent/index.ts";
import { LongshoreError, silentLogger } from "../../src/task/index.ts";
import { createJumpingClock, makeFolder, makeGroup, makeJob, makeTask, readEvents } from "./jobs.ts";
import { createMemoryEngine } from "./memory-driver.ts";

const batch = { attempts: 0, intervalMs: 60_000, delayMs: 1000, mode: "fail" } as const;

test("tasks run in the order of their lifecycle, and nothing is left", async () => {
  await using data = await makeFolder();
  const engine = createMemoryEngine();
  await using agent = createAgent({ driver: engine.createDriver(), dataDir: data.path });
  const run = await agent.runJob(
    makeJob([
      makeGroup("g", [
        makeTask("bye", { lifecycle: { hook: "poststop", sidecar: false } }),
        makeTask("web"),
        makeTask("init", { lifecycle: { hook: "prestart", sidecar: false } }),
        makeTask("proxy", { lifecycle: { hook: "prestart", sidecar: true } }),
      ]),
    ]),
  );
  const events = readEvents(run);
  await Promise.all([engine.called("running init"), engine.called("running proxy")]);
  expect(engine.calls).not.toContain("start web");
  engine.exit("init", 0);
  await engine.called("running web");
  engine.exit("web", 0);
  await engine.called("running bye");
  expect(engine.calls).toContain("stop proxy - 5000");
  engine.exit("bye", 0);
  const outcome = await run.outcome;
  expect(outcome.state).toBe("complete");
  expect(outcome.tasks.map(({ task, state }) => [task.task, state])).toEqual([
    ["bye", "complete"],
    ["web", "complete"],
    ["init", "complete"],
    ["proxy", "stopped"],
  ]);
  expect((await events).at(-1)?.type).toBe("job-finished");
  expect(engine.containers.size).toBe(0);
  expect(await readdir(join(data.path, "alloc"))).toEqual([]);
  expect(await readdir(join(data.path, "jobs"))).toEqual([]);
});

test("a failing task is restarted as its policy says, then its siblings are stopped", async () => {
  await using data = await makeFolder();
  const engine = createMemoryEngine();
  const clock = createJumpingClock();
  await using agent = createAgent({
    driver: engine.createDriver(),
    dataDir: data.path,
    clock,
    random: () => 0.4,
  });
  const run = await agent.runJob(
    makeJob([makeGroup("g", [makeTask("bad", { restart: { ...batch, attempts: 2 } }), makeTask("web")])]),
  );
  const events = readEvents(run);
  for (const times of [1, 2, 3]) {
    await engine.called("running bad", times);
    await engine.write("bad", "oh no\n");
    engine.exit("bad", 3);
    await engine.called("destroy bad", times);
  }
  const outcome = await run.outcome;
  expect(outcome).toMatchObject({
    state: "failed",
    failedTask: { task: { task: "bad" }, exit: { exitCode: 3 }, restarts: 2 },
  });
  expect(outcome.tasks[1]).toMatchObject({ state: "stopped" });
  expect(clock.waits.filter((ms) => ms === 1100)).toHaveLength(2);
  const failed = (await events).find((event) => event.type === "alloc-state" && event.state === "failed");
  expect(failed).toMatchObject({ reason: expect.stringContaining("alloc/logs") });
});

test("an error that would come again is not tried again", async () => {
  await using data = await makeFolder();
  const engine = createMemoryEngine();
  engine.onStart = () => {
    throw new LongshoreError("not-found", "no such image");
  };
  await using agent = createAgent({ driver: engine.createDriver(), dataDir: data.path });
  const run = await agent.runJob(
    makeJob([makeGroup("g", [makeTask("a", { restart: { ...batch, attempts: 5 } }), makeTask("b")])]),
  );
  const outcome = await run.outcome;
  expect(outcome.failedTask?.error?.message).toBe("no such image");
  expect(engine.calls.filter((call) => call === "start a")).toHaveLength(1);
  expect(engine.containers.size).toBe(0);
});

test("a stop ends all tasks with their own signal and timeout, capped", async () => {
  await using data = await makeFolder();
  const engine = createMemoryEngine();
  await using agent = createAgent({ driver: engine.createDriver(), dataDir: data.path });
  const run = await agent.runJob(
    makeJob(
      [makeGroup("g", [makeTask("a", { killSignal: "SIGINT", killTimeoutMs: 90_000 }), makeTask("b")])],
      {
        type: "service",
      },
    ),
  );
  await Promise.all([engine.called("running a"), engine.called("running b")]);
  run.stop("Ctrl-C");
  const outcome = await run.outcome;
  expect(engine.calls).toContain("stop a SIGINT 30000");
  expect(engine.calls).toContain("stop b - 5000");
  expect(outcome.state).toBe("stopped");
  expect(outcome.tasks.map(({ state }) => state)).toEqual(["stopped", "stopped"]);
  expect(engine.containers.size).toBe(0);
});

test("a stop during a start ends the start", async () => {
  await using data = await makeFolder();
  const engine = createMemoryEngine();
  engine.onStart = (_task, signal) =>
    new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
  await using agent = createAgent({ driver: engine.createDriver(), dataDir: data.path });
  const run = await agent.runJob(makeJob([makeGroup("g", [makeTask("a")])]));
  await engine.called("start a");
  run.stop("Ctrl-C");
  expect(await run.outcome).toMatchObject({ state: "stopped", failedTask: undefined });
});

test("a job that was let go of is taken over by the next run", async () => {
  await using data = await makeFolder();
  const engine = createMemoryEngine();
  const job = makeJob([
    makeGroup("g", [makeTask("init", { lifecycle: { hook: "prestart", sidecar: false } }), makeTask("web")]),
  ]);
  const first = createAgent({ driver: engine.createDriver(), dataDir: data.path });
  const abandoned = await first.runJob(job);
  await engine.called("running init");
  engine.exit("init", 0);
  await engine.called("running web");
  await first[Symbol.asyncDispose]();
  await expect(abandoned.outcome).rejects.toThrow("the agent was closed");
  expect(engine.containers.size).toBe(1);

  await using second = createAgent({ driver: engine.createDriver(), dataDir: data.path });
  const run = await second.runJob(job);
  const events = readEvents(run);
  await engine.called("recover web");
  engine.exit("web", 0);
  expect(await run.outcome).toMatchObject({ state: "complete" });
  expect((await events)[0]).toMatchObject({ type: "job-started", resumed: true });
  expect(engine.calls.filter((call) => call.startsWith("start"))).toEqual(["start init", "start web"]);
});

test("a changed job replaces the containers of the run before", async () => {
  await using data = await makeFolder();
  const engine = createMemoryEngine();
  const first = createAgent({ driver: engine.createDriver(), dataDir: data.path });
  await first.runJob(makeJob([makeGroup("g", [makeTask("web")])]));
  await engine.called("running web");
  await first[Symbol.asyncDispose]();

  await using second = createAgent({ driver: engine.createDriver(), dataDir: data.path });
  const run = await second.runJob(makeJob([makeGroup("g", [makeTask("web", { env: { A: "b" } })])]));
  await engine.called("running web", 2);
  expect(engine.calls.slice(2, 5)).toEqual(["recover web", "stop web - 5000", "destroy web"]);
  engine.exit("web", 0);
  await run.outcome;
});

test("a second run of a job at the same time is refused with the first one's process", async () => {
  await using data = await makeFolder();
  const engine = createMemoryEngine();
  await using agent = createAgent({ driver: engine.createDriver(), dataDir: data.path });
  const job = makeJob([makeGroup("g", [makeTask("web")])]);
  const run = await agent.runJob(job);
  await expect(agent.runJob(job)).rejects.toMatchObject({
    kind: "conflict",
    message: `job "job" is run by process ${process.pid} already`,
  });
  await engine.called("running web");
  run.kill();
  expect(await run.outcome).toMatchObject({ state: "stopped" });
});

test("the group's network is made before the tasks and removed after them", async () => {
  await using data = await makeFolder();
  const engine = createMemoryEngine();
  await using agent = createAgent({ driver: engine.createDriver(), dataDir: data.path });
  const network = { mode: "bridge", hostname: "", ports: [], dns: undefined } as const;
  const run = await agent.runJob(makeJob([makeGroup("g", [makeTask("web")], { network })]));
  await engine.called("running web");
  engine.exit("web", 0);
  await run.outcome;
  expect(engine.calls).toEqual([
    "create network",
    "start web",
    "running web",
    "destroy web",
    "destroy network",
  ]);
});

test("output goes to the log file and to the reader", async () => {
  await using data = await makeFolder();
  const engine = createMemoryEngine();
  await using agent = createAgent({ driver: engine.createDriver(), dataDir: data.path, keepAllocs: true });
  const run = await agent.runJob(makeJob([makeGroup("g", [makeTask("web")])]));
  const events = readEvents(run);
  await engine.called("running web");
  await engine.write("web", "hello\n");
  engine.exit("web", 0);
  const { tasks } = await run.outcome;
  const logs = (await events).filter((event) => event.type === "log");
  expect(logs.map((event) => Buffer.from(event.data).toString())).toEqual(["hello\n"]);
  const file = join(data.path, "alloc", tasks[0]?.task.allocId ?? "", "alloc/logs/web.stdout.0");
  expect(await readFile(file, "utf8")).toBe("hello\n");
});

test("restarts are counted on by the run that takes over", async () => {
  await using data = await makeFolder();
  const engine = createMemoryEngine();
  const restart = { attempts: 2, intervalMs: 600_000, delayMs: 0, mode: "fail" } as const;
  const job = makeJob([makeGroup("g", [makeTask("bad", { restart })])]);
  const first = createAgent({ driver: engine.createDriver(), dataDir: data.path });
  await first.runJob(job);
  await engine.called("running bad");
  engine.exit("bad", 1);
  await engine.called("running bad", 2);
  await first[Symbol.asyncDispose]();

  await using second = createAgent({ driver: engine.createDriver(), dataDir: data.path });
  const run = await second.runJob(job);
  await engine.called("recover bad");
  engine.exit("bad", 1);
  await engine.called("running bad", 3);
  engine.exit("bad", 1);
  expect(await run.outcome).toMatchObject({ state: "failed", failedTask: { restarts: 2 } });
});

test("forty tasks at once run, and nothing warns of leaks", async () => {
  await using data = await makeFolder();
  const engine = createMemoryEngine();
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on("warning", onWarning);
  engine.onStart = () => void 0;
  await using agent = createAgent({ driver: engine.createDriver(), dataDir: data.path });
  const run = await agent.runJob(
    makeJob([makeGroup("g", [makeTask("web")], { count: 40 })], { type: "service" }),
  );
  await engine.called("running web", 40);
  run.stop("enough");
  const outcome = await run.outcome;
  process.off("warning", onWarning);
  expect(outcome.tasks.filter(({ state }) => state === "stopped")).toHaveLength(40);
  expect(engine.containers.size).toBe(0);
  expect(warnings).toEqual([]);
});

test("an allocation runs no longer than it may, an earlier run's time counted in, and is complete", async () => {
  await using data = await makeFolder();
  const engine = createMemoryEngine();
  const job = makeJob([
    makeGroup("g", [makeTask("work"), makeTask("bye", { lifecycle: { hook: "poststop", sidecar: false } })], {
      maxRunDurationMs: 60_000,
    }),
  ]);
  let nowMs = 0;
  let over: () => void = () => undefined;
  const sleeps: number[] = [];
  const clock: Clock = {
    now: () => new Date(nowMs),
    monotonicMs: () => nowMs,
    sleep: (ms) =>
      new Promise<void>((resolve) => {
        sleeps.push(ms);
        over = resolve;
      }),
  };
  const first = createAgent({ driver: engine.createDriver(), dataDir: data.path, clock });
  await first.runJob(job);
  await engine.called("running work");
  await first[Symbol.asyncDispose]();
  nowMs = 20_000;
  const warnings: string[] = [];
  const logger = { ...silentLogger, warn: (message: string) => void warnings.push(message) };
  await using second = createAgent({ driver: engine.createDriver(), dataDir: data.path, clock, logger });
  const run = await second.runJob(job);
  await engine.called("recover work");
  expect(sleeps).toEqual([60_000, 40_000]);
  over();
  const outcome = await run.outcome;
  expect(outcome).toMatchObject({
    state: "complete",
    tasks: [{ state: "stopped" }, { state: "never-started" }],
  });
  expect(engine.calls).toContain("stop work - 5000");
  expect(warnings).toEqual(["job.g[0] is stopped: it ran as long as max_run_duration allows (1m)"]);
  expect(engine.containers.size).toBe(0);
});

test("the job's shutdown delays come before the signal, and a kill ends them", async () => {
  await using data = await makeFolder();
  const engine = createMemoryEngine();
  await using agent = createAgent({ driver: engine.createDriver(), dataDir: data.path });
  const task = makeTask("web", { shutdownDelayMs: 3_600_000 });
  const run = await agent.runJob(makeJob([makeGroup("g", [task], { shutdownDelayMs: 1000 })]));
  const events = readEvents(run);
  await engine.called("running web");
  run.stop("enough");
  run.kill();
  expect(await run.outcome).toMatchObject({ state: "stopped" });
  expect(engine.calls).toContain("stop web SIGKILL 0");
  const waits = (await events).filter(
    (event) => event.type === "task-event" && event.detail.type === "waiting",
  );
  expect(waits).toMatchObject([{ detail: { ms: 3_601_000 } }]);
});

test("a leader's end stops the others, and the job is complete", async () => {
  await using data = await makeFolder();
  const engine = createMemoryEngine();
  await using agent = createAgent({ driver: engine.createDriver(), dataDir: data.path });
  const run = await agent.runJob(
    makeJob([makeGroup("g", [makeTask("lead", { leader: true }), makeTask("web")])]),
  );
  await Promise.all([engine.called("running lead"), engine.called("running web")]);
  engine.exit("lead", 0);
  expect(await run.outcome).toMatchObject({
    state: "complete",
    tasks: [{ state: "complete" }, { state: "stopped" }],
  });
});

test("a wall clock that jumps back changes neither run times nor restarts", async () => {
  await using data = await makeFolder();
  const engine = createMemoryEngine();
  const clock = createJumpingClock();
  let hours = 0;
  const jumping = {
    ...clock,
    now: () => {
      hours += 1;
      return new Date(Date.UTC(2026, 0, 1) - hours * 3_600_000);
    },
  };
  await using agent = createAgent({ driver: engine.createDriver(), dataDir: data.path, clock: jumping });
  const restart = { attempts: 1, intervalMs: 60_000, delayMs: 100, mode: "fail" } as const;
  const run = await agent.runJob(makeJob([makeGroup("g", [makeTask("bad", { restart })])]));
  for (const times of [1, 2]) {
    await engine.called("running bad", times);
    engine.exit("bad", 1);
    await engine.called("destroy bad", times);
  }
  const { failedTask } = await run.outcome;
  expect(failedTask?.restarts).toBe(1);
  expect(failedTask?.runTimeMs).toBeGreaterThanOrEqual(0);
  expect(failedTask?.runTimeMs).toBeLessThan(60_000);
});

test.each(["..", "alloc", "a/b", ""])(
  "a task cannot be named %j: its folder would be another's",
  async (name) => {
    await using data = await makeFolder();
    await using agent = createAgent({ driver: createMemoryEngine().createDriver(), dataDir: data.path });
    await expect(agent.runJob(makeJob([makeGroup("g", [makeTask(name)])]))).rejects.toThrow(
      "cannot be a task's name",
    );
  },
);

test("a job that is stopped while it is being taken over leaves no container", async () => {
  await using data = await makeFolder();
  const engine = createMemoryEngine();
  const network = { mode: "bridge", hostname: "", ports: [], dns: undefined } as const;
  const job = makeJob([makeGroup("g", [makeTask("web"), makeTask("db")], { network })]);
  const first = createAgent({ driver: engine.createDriver(), dataDir: data.path });
  await first.runJob(job);
  await Promise.all([engine.called("running web"), engine.called("running db")]);
  await first[Symbol.asyncDispose]();

  await using second = createAgent({ driver: engine.createDriver(), dataDir: data.path });
  const run = await second.runJob(job);
  run.stop("Ctrl-C");
  expect(await run.outcome).toMatchObject({ state: "stopped" });
  expect(engine.containers.size).toBe(0);
  expect(engine.calls.at(-1)).toBe("destroy network");
});

test("a network that cannot be made fails the job, and starts nothing", async () => {
  await using data = await makeFolder();
  const engine = createMemoryEngine();
  const driver = {
    ...engine.createDriver(),
    createNetwork: () => Promise.reject(new LongshoreError("not-found", "no infra image")),
  };
  await using agent = createAgent({ driver, dataDir: data.path });
  const network = { mode: "bridge", hostname: "", ports: [], dns: undefined } as const;
  const bye = makeTask("bye", { lifecycle: { hook: "poststop", sidecar: false } });
  const run = await agent.runJob(makeJob([makeGroup("g", [bye, makeTask("web")], { network })]));
  expect(await run.outcome).toMatchObject({
    state: "failed",
    failedTask: { task: { task: "web" }, error: { message: "no infra image" } },
    tasks: [{ state: "never-started" }, { state: "failed" }],
  });
  expect(engine.calls).toEqual(["destroy network"]);
});
