import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { bed, deferred, type FaultProxy, pushImage, startFaultProxy } from "../bed/index.ts";
import { shellJob } from "../cli/command.ts";
import { containersAt, expectNothingLeft, expectTold, letGo, liveDay, startDay } from "./bad-day.ts";

const program = bed().command;

const again = 'restart {\n attempts = 9\n interval = "1h"\n delay = "100ms"\n mode = "fail"\n }';
const patient = (job: string) => job.replace(/restart \{[^}]*\}/, again);
const untilTold =
  "echo up; trap 'echo got TERM; exit 0' TERM; while [ ! -f /alloc/data/stop ]; do sleep 0.05; done; echo down";

/** The engine is gone from the first such request on, which it does not see; resolves when it is. */
function goAwayAt(proxy: FaultProxy, call: string): Promise<void> {
  return new Promise((resolve) => {
    let gone = false;
    proxy.rule((method, path) => {
      if (gone || !`${method} ${path}`.includes(call)) return "pass";
      gone = true;
      void proxy.refuse(true).then(resolve);
      return "cut";
    });
  });
}

const places = [
  [/container [0-9a-f]{12}/g, "container <id>"],
  [/--force [0-9a-f]{12}/g, "--force <id>"],
  [/unix:\/\/\S*longshore-proxy\S*?\.sock/g, "unix:///run/docker.sock"],
  [/sh-[0-9a-f-]{36}/g, "sh-<alloc>"],
  [/127\.0\.0\.1:\d+\/bad-day-[0-9a-f-]+:1/g, "registry.example/app:1"],
] as const;

async function pushApp(): Promise<string> {
  const name = `bad-day-${randomUUID()}`;
  return (await pushImage({ registry: bed().registryHost, name, tag: "1" })).reference;
}

const phases = [
  ["goes away during the pull", "/images/create"],
  ["goes away during create", "/containers/create"],
  ["goes away during start", "/start"],
] as const;

describe.concurrent("an engine that", () => {
  test("is not there ends the command with 1, and says where it was looked for", async () => {
    const { code, shown, dataDir } = await liveDay(program, shellJob("true"), {
      socket: "/nonexistent/docker.sock",
    });
    expect(code).toBe(1);
    await expectTold("no engine", shown);
    await expectNothingLeft(dataDir);
  });

  test.each(phases)("%s is told, and the job runs when it is back", async (condition, call) => {
    await using proxy = await startFaultProxy({ target: bed().socket });
    const reference = await pushApp();
    const gone = goAwayAt(proxy, call);
    const job = patient(shellJob("echo hi")).replace(bed().image, reference);
    const day = await startDay(program, job, { socket: proxy.socket, places });
    await gone;
    await day.reads("Restarting in");
    await proxy.refuse(false);
    const { code, stdout, shown } = await day.ends();
    expect([code, stdout]).toEqual([0, "hi\n"]);
    await expectTold(`an engine that ${condition}`, shown);
    await expectNothingLeft(day.dataDir, reference);
  });

  test("goes away while the task runs is told, and its task goes on", async () => {
    await using proxy = await startFaultProxy({ target: bed().socket });
    const day = await startDay(program, shellJob(untilTold), { socket: proxy.socket, places });
    await day.reads("up\n");
    await proxy.refuse(true);
    await day.reads("Lost the connection");
    await letGo(day);
    await proxy.refuse(false);
    const { code, stdout, shown } = await day.ends();
    expect([code, stdout]).toEqual([0, "up\ndown\n"]);
    await expectTold("an engine that goes away while the task runs", shown);
    await expectNothingLeft(day.dataDir);
  });

  test("goes away while the task stops does not keep Ctrl-C from ending it", async () => {
    await using proxy = await startFaultProxy({ target: bed().socket });
    const day = await startDay(program, shellJob(untilTold), { socket: proxy.socket, places });
    await day.reads("up\n");
    const gone = goAwayAt(proxy, "/kill");
    day.child.kill("SIGINT");
    await gone;
    await proxy.refuse(false);
    const { code, stdout, shown } = await day.ends();
    expect([code, stdout]).toEqual([130, "up\ngot TERM\n"]);
    await expectTold("an engine that goes away while the task stops", shown);
    await expectNothingLeft(day.dataDir);
  });

  test("goes away for good during create ends the command with 1, and says what could not be done", async () => {
    await using proxy = await startFaultProxy({ target: bed().socket });
    const gone = goAwayAt(proxy, "/containers/create");
    const day = await startDay(program, shellJob("true"), { socket: proxy.socket, places });
    await gone;
    const { code, shown } = await day.ends();
    expect(code).toBe(1);
    await expectTold("an engine that goes away for good", shown);
    await expectNothingLeft(day.dataDir);
  });

  test("says nothing any more during create is left by a second Ctrl-C, and the next run removes what there is", async () => {
    await using proxy = await startFaultProxy({ target: bed().socket });
    const asked = deferred();
    proxy.rule((_method, path) => {
      if (!path.endsWith("/containers/create")) return "pass";
      asked.resolve();
      proxy.hang(true);
      return "cut-after";
    });
    const day = await startDay(program, shellJob("echo up"), { socket: proxy.socket, places });
    await asked.promise;
    day.child.kill("SIGINT");
    await day.reads("Stopping the tasks");
    day.child.kill("SIGINT");
    const { code, shown } = await day.ends();
    expect(code).toBe(130);
    await expectTold("an engine that says nothing any more", shown);
    expect(await containersAt(day.dataDir)).toHaveLength(1);
    const next = await liveDay(program, shellJob("echo up"), { dataDir: day.dataDir });
    expect([next.code, next.stdout]).toEqual([0, "up\n"]);
    await expectNothingLeft(day.dataDir);
  });

  test("is gone for good while a task runs is left by a second Ctrl-C, and the next run removes what is left", async () => {
    await using proxy = await startFaultProxy({ target: bed().socket });
    const job = shellJob(untilTold);
    const day = await startDay(program, job, { socket: proxy.socket, places });
    await day.reads("up\n");
    await proxy.refuse(true);
    await day.reads("Lost the connection");
    day.child.kill("SIGINT");
    await day.reads("Stopping the tasks");
    day.child.kill("SIGINT");
    const { code, shown } = await day.ends();
    expect(code).toBe(130);
    await expectTold("an engine that is gone for good while a task runs", shown);
    expect(await containersAt(day.dataDir)).toHaveLength(1);

    const next = await startDay(program, job, { dataDir: day.dataDir });
    await next.reads("up\n");
    expect(await containersAt(day.dataDir)).toHaveLength(1);
    await letGo(next);
    const ended = await next.ends();
    expect([ended.code, ended.stdout]).toEqual([0, "up\ndown\n"]);
    await expectTold("a run that begins where another left containers", ended.shown);
    await expectNothingLeft(day.dataDir);
  });
});
