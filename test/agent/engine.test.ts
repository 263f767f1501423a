import { randomUUID } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  bed,
  deferred,
  echoContent,
  type Fault,
  importImage,
  removeImage,
  startFaultProxy,
} from "../bed/index.ts";
import { makeArtifact, makeFolder, makeGroup, makeJob, makeTemplate, readEvents } from "./jobs.ts";
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
  const script = "trap 'echo bye; exit 0' INT; echo up; while :; do sleep 1000 & wait; done";
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
  const script = "trap '' TERM; echo up; while :; do sleep 1000 & wait; done";
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
  run.kill();
  await run.outcome;
  const log = await readFile(join(dataDir, "alloc", allocId, "alloc/logs/web.stdout.0"), "utf8");
  const lines = log.split("\n").filter((line) => line.startsWith("line "));
  expect(lines).toEqual(lines.map((_, index) => `line ${index}`));
  expect(await listContainers(allocId)).toEqual([]);
});

test("templates, artifacts and their environment are there when the task starts", async () => {
  await using data = await makeFolder();
  await writeFile(join(data.path, "conf"), "from a file\n");
  await using agent = await createRealAgent();
  const task = makeShellTask("web", "cat /local/out /local/conf /secrets/key; echo $FROM_TEMPLATE", {
    env: { WHO: "me" },
    templates: [
      makeTemplate({ data: '{{ env "WHO" }} in {{ env "NOMAD_TASK_DIR" }}\n' }),
      makeTemplate({
        data: "FROM_TEMPLATE={{ len `four` }}",
        destination: "${NOMAD_SECRETS_DIR}/key",
        env: true,
      }),
    ],
    artifacts: [makeArtifact({ source: join(data.path, "conf") })],
  });
  const run = await agent.runJob(makeJob([makeGroup("g", [task])]));
  const events = await readEvents(run);
  expect(outputOf(events, "web")).toBe("me in /local\nfrom a file\nFROM_TEMPLATE=44\n");
});

test("templates follow the files that they read: by a new start, a signal, or a script in the task", async () => {
  await using agent = await createRealAgent();
  const script = [
    "trap 'echo got HUP: $(cat /local/signal)' HUP",
    "echo up $(cat /local/restart) $FROM_TEMPLATE",
    'case "$(cat /local/restart)" in *new*) exit 0;; esac',
    'echo "say $(cat /local/script)" > /local/say.sh',
    "while :; do sleep 1000 & wait; done",
  ].join("; ");
  const shared = (name: string): string => `{{ file "/alloc/data/${name}" }}`;
  const changeScript = {
    command: "sh",
    args: ["-c", 'echo "ran with $(cat /local/script)" > /proc/1/fd/1'],
    timeoutMs: 5000,
    failOnError: true,
    runOnFirstRender: false,
  };
  const task = makeShellTask("web", script, {
    lifecycle: undefined,
    killTimeoutMs: 1000,
    killSignal: "SIGKILL",
    templates: [
      makeTemplate({ data: shared("a"), destination: "local/signal", changeMode: "signal" }),
      makeTemplate({ data: shared("b"), destination: "local/script", changeMode: "script", changeScript }),
      makeTemplate({ data: shared("c"), destination: "local/noop", changeMode: "noop" }),
      makeTemplate({ data: shared("c"), destination: "local/restart" }),
      makeTemplate({ data: `FROM_TEMPLATE=${shared("c")}`, destination: "secrets/env", env: true }),
      makeTemplate({ data: shared("a"), destination: "local/once", once: true, changeMode: "restart" }),
    ],
  });
  const first = makeShellTask("first", "for name in a b c; do printf old-$name > /alloc/data/$name; done", {
    lifecycle: { hook: "prestart", sidecar: false },
  });
  const run = await agent.runJob(makeJob([makeGroup("g", [first, task])]));
  const seen = await waitForOutput(run, "up old-c old-c");
  const { allocId } = seen.find((event) => event.type === "log")?.task ?? { allocId: "" };
  const folder = join(agent.dataDir, "alloc", allocId);
  await writeFile(join(folder, "alloc/data/a"), "new-a");
  await waitForOutput(run, "got HUP: new-a");
  await writeFile(join(folder, "alloc/data/b"), "new-b");
  await waitForOutput(run, "ran with new-b");
  expect(await readFile(join(folder, "web/local/once"), "utf8")).toBe("old-a");
  await writeFile(join(folder, "alloc/data/c"), "new-c");
  const events = await waitForOutput(run, "up new-c new-c");
  const told = events.flatMap((event) => (event.type === "task-event" ? [event.message] : []));
  expect(told).toEqual(
    expect.arrayContaining([
      "sent SIGHUP: a template has changed",
      "ran sh: a template has changed",
      "restarting in 0.0 s (template local/restart has changed)",
    ]),
  );
  expect(await run.outcome).toMatchObject({ state: "complete", tasks: [{}, { restarts: 1 }] });
});

test("a template that cannot be rendered fails the job with its place, and starts nothing", async () => {
  await using agent = await createRealAgent();
  const template = makeTemplate({ data: '{{ key "x" }}' });
  const restart = { attempts: 5, intervalMs: 60_000, delayMs: 0, mode: "fail" } as const;
  const task = makeShellTask("web", "true", { templates: [template], restart });
  const run = await agent.runJob(makeJob([makeGroup("g", [task])]));
  const events = await readEvents(run);
  const outcome = await run.outcome;
  expect(outcome).toMatchObject({
    state: "failed",
    failedTask: { restarts: 0, error: { kind: "invalid", message: expect.stringContaining("local/out") } },
  });
  expect(events.some((event) => event.type === "task-event" && event.detail.type === "created")).toBe(false);
});

test("tasks of a bridge group reach each other at localhost, and their network goes with them", async () => {
  const echo = await importImage(
    bed().socket,
    { name: "longshore-agent-echo", tag: randomUUID() },
    await echoContent(),
  );
  try {
    await using agent = await createRealAgent({ docker: { infra_image: echo } });
    const network = { mode: "bridge", hostname: "shared", ports: [], dns: undefined } as const;
    const script = "until echo hi | nc 127.0.0.1 7 | grep tcp; do sleep 0.05; done; hostname";
    const run = await agent.runJob(makeJob([makeGroup("g", [makeShellTask("web", script)], { network })]));
    const events = await readEvents(run);
    const outcome = await run.outcome;
    expect(outcome).toMatchObject({ state: "complete" });
    expect(outputOf(events, "web")).toContain("tcp hi");
    expect(await listContainers(outcome.tasks[0]?.task.allocId ?? "")).toEqual([]);
  } finally {
    await removeImage(bed().socket, echo);
  }
});

test.each(["/containers/create", "/start"])(
  "a stop while the engine is busy with %s leaves nothing",
  async (call) => {
    await using proxy = await startFaultProxy({ target: bed().socket });
    await using agent = await createRealAgent({ socket: proxy.socket });
    const held = deferred<void>();
    proxy.rule(async (_method, path): Promise<Fault> => {
      if (path.includes(call)) await held.promise;
      return "pass";
    });
    const run = await agent.runJob(makeJob([makeGroup("g", [makeShellTask("web", "sleep 600")])]));
    await proxy.seen("POST", new RegExp(`${call}$`));
    run.stop("test");
    held.resolve();
    const outcome = await run.outcome;
    expect(outcome).toMatchObject({ state: "stopped", failedTask: undefined });
    expect(await listContainers(outcome.tasks[0]?.task.allocId ?? "")).toEqual([]);
  },
);
