import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeGroup, makeJob, readEvents } from "./jobs.ts";
import {
  createRealAgent,
  listContainers,
  makeDataDir,
  makeShellTask,
  outputOf,
  waitForOutput,
} from "./real-agent.ts";

test("a job runs, its output comes, and nothing is left", async () => {
  await using agent = await createRealAgent();
  const job = makeJob([
    makeGroup("g", [
      makeShellTask("init", "echo ready > /alloc/data/flag", {
        lifecycle: { hook: "prestart", sidecar: false },
      }),
      makeShellTask(
        "web",
        "cat /alloc/data/flag; env | sort; echo err >&2; pwd > /local/here; touch /secrets/x",
        {
          env: { GREETING: "hi ${NOMAD_TASK_NAME}" },
          meta: { "who-is": "me" },
          user: "12345",
        },
      ),
    ]),
  ]);
  const run = await agent.runJob(job);
  const events = await readEvents(run);
  const outcome = await run.outcome;
  expect(outcome).toMatchObject({ state: "complete" });
  const output = outputOf(events, "web");
  expect(output).toContain("ready\n");
  expect(output).toContain("GREETING=hi web\n");
  expect(output).toContain("NOMAD_META_WHO_IS=me\nNOMAD_META_who_is=me\n");
  expect(output).toContain("NOMAD_ALLOC_DIR=/alloc\n");
  expect(output).toContain("err\n");
  const allocId = outcome.tasks[0]?.task.allocId ?? "";
  expect(await listContainers(allocId)).toEqual([]);
  expect(await readdir(join(agent.dataDir, "alloc"))).toEqual([]);
  const types = events.map((event) => (event.type === "task-event" ? event.detail.type : event.type));
  expect(types).toContain("created");
  expect(types).toContain("exited");
});

test("a failing task fails the job with its exit code, and its log files stay", async () => {
  await using agent = await createRealAgent();
  const run = await agent.runJob(makeJob([makeGroup("g", [makeShellTask("bad", "echo why >&2; exit 7")])]));
  const events = await readEvents(run);
  const outcome = await run.outcome;
  expect(outcome).toMatchObject({ state: "failed", failedTask: { exit: { exitCode: 7 } } });
  const allocId = outcome.tasks[0]?.task.allocId ?? "";
  expect(await readFile(join(agent.dataDir, "alloc", allocId, "alloc/logs/bad.stderr.0"), "utf8")).toBe(
    "why\n",
  );
  expect(await readdir(join(agent.dataDir, "alloc", allocId))).toEqual(["alloc"]);
  expect(events.some((event) => event.type === "task-event" && event.detail.type === "not-restarting")).toBe(
    true,
  );
  const again = await agent.runJob(makeJob([makeGroup("g", [makeShellTask("bad", "true")])]));
  await readEvents(again);
  expect(await readdir(join(agent.dataDir, "alloc"))).toEqual([]);
});

test("a stopped job's task gets its signal, and is gone", async () => {
  await using agent = await createRealAgent();
  const script = "trap 'echo bye; exit 0' INT; echo up; while :; do sleep 0.1; done";
  const job = makeJob([makeGroup("g", [makeShellTask("web", script, { killSignal: "SIGINT" })])], {
    type: "service",
  });
  const run = await agent.runJob(job);
  const events = [...(await waitForOutput(run, "up"))];
  run.stop("test");
  const outcome = await run.outcome;
  expect(outcome).toMatchObject({ state: "stopped", tasks: [{ state: "stopped", exit: { exitCode: 0 } }] });
  expect(await listContainers(events.find((event) => event.type === "log")?.task.allocId ?? "")).toEqual([]);
});

test("a kill ends a task that does not listen", async () => {
  await using agent = await createRealAgent();
  const script = "trap '' TERM; echo up; while :; do sleep 0.1; done";
  const run = await agent.runJob(
    makeJob([makeGroup("g", [makeShellTask("web", script, { killTimeoutMs: 30_000 })])]),
  );
  await waitForOutput(run, "up");
  run.stop("test");
  run.kill();
  expect(await run.outcome).toMatchObject({ state: "stopped", tasks: [{ exit: { exitCode: 137 } }] });
});

test("a run that was killed is taken over: same container, no line lost or twice in the log file", async () => {
  const dataDir = await makeDataDir();
  const script =
    "i=0; while [ ! -f /alloc/data/stop ]; do echo line $i; i=$((i+1)); sleep 0.02; done; echo end $i";
  const job = makeJob([makeGroup("g", [makeShellTask("web", script)])]);
  const first = await createRealAgent({ dataDir });
  const abandoned = await first.runJob(job);
  const seen = await waitForOutput(abandoned, "line 5");
  await first[Symbol.asyncDispose]();
  await expect(abandoned.outcome).rejects.toMatchObject({ kind: "canceled" });
  const allocId = seen.find((event) => event.type === "log")?.task.allocId ?? "";
  const containers = await listContainers(allocId);
  expect(containers).toHaveLength(1);

  await using second = await createRealAgent({ dataDir, keepAllocs: true });
  const run = await second.runJob(job);
  const events = [...(await waitForOutput(run, "line"))];
  expect(events[0]).toMatchObject({ type: "job-started", resumed: true });
  expect(await listContainers(allocId)).toEqual(containers);
  run.stop("enough");
  await run.outcome;
  const log = await readFile(join(dataDir, "alloc", allocId, "alloc/logs/web.stdout.0"), "utf8");
  const lines = log.split("\n").filter((line) => line.startsWith("line "));
  expect(lines).toEqual(lines.map((_, index) => `line ${index}`));
  expect(await listContainers(allocId)).toEqual([]);
});
