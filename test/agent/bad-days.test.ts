import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { GroupNetwork, Job } from "../../src/jobfile/job.ts";
import { bed, startFaultProxy } from "../bed/index.ts";
import { createJumpingClock, makeGroup, makeJob, makeTask, readEvents } from "./jobs.ts";
import { startForeignRun } from "./killed-run.ts";
import { createRealAgent, listContainers, makeDataDir, makeShellTask, waitForOutput } from "./real-agent.ts";

function withPort(port: number): GroupNetwork {
  const ports = [{ label: "http", static: port, to: undefined, hostNetwork: "" }];
  return { mode: "host", hostname: "", dns: undefined, ports };
}

const loop = "echo up; trap 'exit 0' TERM; while :; do sleep 1000 & wait; done";

function makePortJob(id: string, port: number): Job {
  const task = makeShellTask("web", loop, { config: { ports: ["http"] } });
  return makeJob([makeGroup("g", [task], { network: withPort(port) })], { id, name: id });
}

async function listen(): Promise<{ readonly port: number } & AsyncDisposable> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

test("a port that another program has is refused before anything is made, and the program is named", async () => {
  await using taken = await listen();
  await using agent = await createRealAgent();
  await expect(agent.runJob(makePortJob("job", taken.port))).rejects.toMatchObject({
    kind: "conflict",
    message: expect.stringMatching(
      new RegExp(
        `^port ${taken.port} of "http" of group network \\(job.g\\[0\\]\\) is taken by ".+" \\(pid ${process.pid}\\)$`,
      ),
    ),
    hint: expect.stringContaining("use a dynamic one"),
  });
  expect(await readdir(join(agent.dataDir, "jobs"))).toEqual([]);
});

test("a port that another container has is refused, and it is said that a container has it", async () => {
  const free = await listen();
  const { port } = free;
  await free[Symbol.asyncDispose]();
  await using first = await createRealAgent();
  const run = await first.runJob(makePortJob("one", port));
  await waitForOutput(run, "up");
  await using second = await createRealAgent();
  await expect(second.runJob(makePortJob("two", port))).rejects.toMatchObject({
    message: expect.stringContaining("that is by another container"),
    hint: expect.stringContaining(`docker ps --filter publish=${port}`),
  });
  run.stop("enough");
  await run.outcome;
});

test("two allocations of one static port are refused with each other's name", async () => {
  const free = await listen();
  await free[Symbol.asyncDispose]();
  await using agent = await createRealAgent();
  const job = makePortJob("job", free.port);
  const twice = { ...job, groups: job.groups.map((group) => ({ ...group, count: 2 })) };
  await expect(agent.runJob(twice)).rejects.toThrow(
    `port ${free.port} of "http" of group network (job.g[1]) is taken by "http" of group network (job.g[0])`,
  );
  const run = await agent.runJob(job);
  await waitForOutput(run, "up");
  run.kill();
  await run.outcome;
});

test("more memory than the machine has is refused with the figures", async () => {
  await using agent = await createRealAgent();
  const resources = { cpuMhz: 100, cores: 0, memoryMb: 1e9, memoryMaxMb: 0, network: undefined };
  const job = makeJob([makeGroup("g", [makeShellTask("web", "true", { resources })])]);
  await expect(agent.runJob(job)).rejects.toThrow(/1000000000 MB is more than this machine's \d+ MB/);
});

test("faults that the driver finds are all told at once, before anything is made", async () => {
  await using agent = await createRealAgent();
  const job = makeJob([
    makeGroup("g", [makeTask("a", { config: {} }), makeTask("b", { config: { image: "x", nonsense: 1 } })]),
  ]);
  const error: unknown = await agent.runJob(job).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ kind: "invalid" });
  const paths = (error as { problems: { path: string[] }[] }).problems.map(({ path }) => path.join("."));
  expect(paths).toEqual(
    expect.arrayContaining(["group.g.task.a.config.image", "group.g.task.b.config.nonsense"]),
  );
  expect(await readdir(agent.dataDir).catch(() => [])).toEqual([]);
});

test("a data folder that cannot be is an error that names the folder", async () => {
  const file = join(bed().folder, "a-file");
  await writeFile(file, "");
  await using agent = await createRealAgent({ dataDir: join(file, "data") });
  await expect(agent.runJob(makeJob([makeGroup("g", [makeShellTask("a", "true")])]))).rejects.toThrow(
    `cannot make the folder ${file}/data/jobs/job: a part of the path is a file, not a folder`,
  );
});

test("state that cannot be read is set aside, and the job runs", async () => {
  const dataDir = await makeDataDir();
  await mkdir(join(dataDir, "jobs/job"), { recursive: true });
  await writeFile(join(dataDir, "jobs/job/state.json"), '{"version":1,"alloc');
  const warnings: string[] = [];
  const log = (message: string): void => void warnings.push(message);
  const logger = { debug: () => undefined, info: () => undefined, warn: log, error: log };
  await using agent = await createRealAgent({ dataDir, logger });
  const run = await agent.runJob(makeJob([makeGroup("g", [makeShellTask("a", "true")])]));
  await readEvents(run);
  expect(await run.outcome).toMatchObject({ state: "complete" });
  expect(warnings).toEqual([expect.stringContaining("set aside")]);
  const [aside] = await readdir(join(dataDir, "jobs/job"));
  expect(await readFile(join(dataDir, "jobs/job", aside ?? ""), "utf8")).toBe('{"version":1,"alloc');
});

test("a killed process's run is taken over by the next, with its containers and what they write", async () => {
  const dataDir = await makeDataDir();
  const script =
    "i=0; while [ ! -f /alloc/data/stop ]; do i=$((i+1)); echo line $i; sleep 0.02; done; exit 5";
  const job = makeJob([makeGroup("g", [makeShellTask("web", script)])]);
  const foreign = await startForeignRun(dataDir, job);
  const logged = JSON.parse(await foreign.line('"log"')) as { task: { allocId: string } };
  const { allocId } = logged.task;
  await using agent = await createRealAgent({ dataDir });
  await expect(agent.runJob(job)).rejects.toMatchObject({
    kind: "conflict",
    message: `job "job" is run by process ${foreign.pid} already`,
  });
  const containers = await listContainers(allocId);
  await foreign.kill();
  expect(await listContainers(allocId)).toEqual(containers);

  const run = await agent.runJob(job);
  await waitForOutput(run, "line");
  expect(await listContainers(allocId)).toEqual(containers);
  await writeFile(join(dataDir, "alloc", allocId, "alloc/data/stop"), "");
  expect(await run.outcome).toMatchObject({ state: "failed", failedTask: { exit: { exitCode: 5 } } });
  const lines = (await readFile(join(dataDir, "alloc", allocId, "alloc/logs/web.stdout.0"), "utf8"))
    .trim()
    .split("\n");
  expect(lines).toEqual(lines.map((_, index) => `line ${index + 1}`));
  expect(await listContainers(allocId)).toEqual([]);
});

test("what a run was killed in the middle of starting is found and removed by a run of another definition", async () => {
  const dataDir = await makeDataDir();
  const job = makeJob([makeGroup("g", [makeShellTask("web", loop)])]);
  const foreign = await startForeignRun(dataDir, job);
  const { task } = JSON.parse(await foreign.line('"log"')) as { task: { allocId: string } };
  await foreign.kill();
  // As if the process had been killed between the container's start and the note of its handle.
  const path = join(dataDir, "jobs/job/state.json");
  const state = JSON.parse(await readFile(path, "utf8"));
  const record = state.allocations[0].tasks.web;
  record.starting ??= record.handle.config;
  record.handle = null;
  await writeFile(path, JSON.stringify(state));

  await using agent = await createRealAgent({ dataDir });
  const changed = makeJob([makeGroup("g", [makeShellTask("web", "true")])]);
  const run = await agent.runJob(changed);
  await readEvents(run);
  expect(await run.outcome).toMatchObject({ state: "complete" });
  expect(await listContainers(task.allocId)).toEqual([]);
});

test("a start in the middle of which a run was killed is gone on with: one container", async () => {
  const dataDir = await makeDataDir();
  const job = makeJob([makeGroup("g", [makeShellTask("web", loop)])]);
  const foreign = await startForeignRun(dataDir, job);
  const { task } = JSON.parse(await foreign.line('"log"')) as { task: { allocId: string } };
  const containers = await listContainers(task.allocId);
  await foreign.kill();
  const path = join(dataDir, "jobs/job/state.json");
  const state = JSON.parse(await readFile(path, "utf8"));
  const record = state.allocations[0].tasks.web;
  Object.assign(record, {
    starting: record.starting ?? record.handle.config,
    handle: null,
    phase: "starting",
  });
  await writeFile(path, JSON.stringify(state));

  await using agent = await createRealAgent({ dataDir });
  const run = await agent.runJob(job);
  await waitForOutput(run, "up");
  expect(await listContainers(task.allocId)).toEqual(containers);
  run.stop("enough");
  expect(await run.outcome).toMatchObject({ state: "stopped", tasks: [{ exit: { exitCode: 0 } }] });
  expect(await listContainers(task.allocId)).toEqual([]);
});

test("a stop while the engine is away is done when it is back", async () => {
  await using proxy = await startFaultProxy({ target: bed().socket });
  await using agent = await createRealAgent({ socket: proxy.socket });
  const run = await agent.runJob(makeJob([makeGroup("g", [makeShellTask("web", loop)])]));
  const events = await waitForOutput(run, "up");
  await proxy.refuse(true);
  run.stop("enough");
  await proxy.refuse(false);
  expect(await run.outcome).toMatchObject({ state: "stopped", tasks: [{ state: "stopped" }] });
  expect(await listContainers(events.find((event) => event.type === "log")?.task.allocId ?? "")).toEqual([]);
});

test("an engine that goes away while a task runs takes nothing with it: its exit is heard of afterwards", async () => {
  await using proxy = await startFaultProxy({ target: bed().socket });
  await using agent = await createRealAgent({ socket: proxy.socket });
  const script = "echo up; while [ ! -f /alloc/data/stop ]; do sleep 0.02; done; echo down; exit 4";
  const run = await agent.runJob(makeJob([makeGroup("g", [makeShellTask("web", script)])]));
  const events = await waitForOutput(run, "up");
  const allocId = events.find((event) => event.type === "log")?.task.allocId ?? "";
  await proxy.refuse(true);
  await writeFile(join(agent.dataDir, "alloc", allocId, "alloc/data/stop"), "");
  await proxy.refuse(false);
  await waitForOutput(run, "down");
  expect(await run.outcome).toMatchObject({ state: "failed", failedTask: { exit: { exitCode: 4 } } });
  expect(await listContainers(allocId)).toEqual([]);
});

test("a container that the engine does not remove at first is removed all the same", async () => {
  await using proxy = await startFaultProxy({ target: bed().socket });
  await using agent = await createRealAgent({ socket: proxy.socket, clock: createJumpingClock() });
  let refused = 0;
  proxy.rule((method) => {
    if (method !== "DELETE" || refused >= 2) return "pass";
    refused += 1;
    return { status: 500, body: { message: "device or resource busy" } };
  });
  const run = await agent.runJob(makeJob([makeGroup("g", [makeShellTask("web", "true")])]));
  const outcome = await run.outcome;
  expect(outcome).toMatchObject({ state: "complete" });
  expect(refused).toBe(2);
  expect(await listContainers(outcome.tasks[0]?.task.allocId ?? "")).toEqual([]);
});

test("a container that the engine never removes fails the job, and is removed by the next run", async () => {
  await using proxy = await startFaultProxy({ target: bed().socket });
  await using agent = await createRealAgent({ socket: proxy.socket, clock: createJumpingClock() });
  proxy.rule((method) =>
    method === "DELETE" ? { status: 500, body: { message: "busy for ever" } } : "pass",
  );
  const job = makeJob([makeGroup("g", [makeShellTask("web", "true")])]);
  const first = await (await agent.runJob(job)).outcome;
  expect(first).toMatchObject({
    state: "failed",
    failedTask: { error: { message: expect.stringContaining("busy for ever") } },
  });
  const allocId = first.tasks[0]?.task.allocId ?? "";
  expect(await listContainers(allocId)).toHaveLength(1);
  proxy.rule(undefined);
  const second = await (await agent.runJob(job)).outcome;
  expect(second).toMatchObject({ state: "complete" });
  expect(await listContainers(allocId)).toEqual([]);
});

test("an engine that is away while a job starts is tried again as the restart policy says", async () => {
  await using proxy = await startFaultProxy({ target: bed().socket });
  await proxy.refuse("missing");
  await using agent = await createRealAgent({ socket: proxy.socket });
  const restart = { attempts: 100, intervalMs: 600_000, delayMs: 20, mode: "fail" } as const;
  const run = await agent.runJob(makeJob([makeGroup("g", [makeShellTask("web", "true", { restart })])]));
  for await (const event of run.events) {
    if (event.type === "task-event" && event.detail.type === "restarting") await proxy.refuse(false);
  }
  expect(await run.outcome).toMatchObject({ state: "complete" });
});

test("no engine is an error that says so, and the job has failed", async () => {
  await using agent = await createRealAgent({ socket: join(bed().folder, "no.sock") });
  const run = await agent.runJob(makeJob([makeGroup("g", [makeShellTask("web", "true")])]));
  await readEvents(run);
  expect(await run.outcome).toMatchObject({
    state: "failed",
    failedTask: { error: { kind: "unavailable", message: expect.stringContaining("no.sock") } },
  });
});

const mayMount = process.getuid?.() === 0 && canMount();

function canMount(): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "none", "/mnt"], { stdio: "ignore" });
    execFileSync("umount", ["/mnt"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

test.runIf(mayMount)("a disk that is full of logs does not stop the task, and is told once", async () => {
  const dataDir = await makeDataDir();
  await mkdir(dataDir, { recursive: true });
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "none", dataDir]);
  try {
    await using agent = await createRealAgent({ dataDir });
    const run = await agent.runJob(
      makeJob([makeGroup("g", [makeShellTask("web", "yes $(seq 1 2000 | tr '\\n' ' ') | head -c 1500000")])]),
    );
    const events = await readEvents(run);
    expect(await run.outcome).toMatchObject({ state: "complete" });
    const bytes = events.map((event) => (event.type === "log" ? event.data.byteLength : 0));
    expect(bytes.reduce((sum, size) => sum + size, 0)).toBe(1_500_000);
    const notes = events.filter(
      (event) => event.type === "task-event" && event.message.includes("disk is full"),
    );
    expect(notes).toHaveLength(1);
  } finally {
    execFileSync("umount", ["-l", dataDir]);
  }
});

test.runIf(mayMount)(
  "a disk that is full is an error that says so, and nothing is left in the engine",
  async () => {
    const dataDir = await makeDataDir();
    await mkdir(dataDir, { recursive: true });
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "none", dataDir]);
    try {
      await using agent = await createRealAgent({ dataDir });
      execFileSync("sh", ["-c", `cat /dev/zero > ${dataDir}/fill 2>/dev/null || true`]);
      await expect(
        agent.runJob(makeJob([makeGroup("g", [makeShellTask("web", "true")])])),
      ).rejects.toMatchObject({
        message: expect.stringContaining("the disk is full"),
        hint: expect.stringContaining("Free some space"),
      });
    } finally {
      execFileSync("umount", ["-l", dataDir]);
    }
  },
);
