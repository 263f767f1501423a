import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { bed, deferred, type Fault, pushImage, startFaultProxy, startRegistryFront } from "../bed/index.ts";
import { shellJob } from "../cli/command.ts";
import { containersAt, expectNothingLeft, expectTold, letGo, liveDay, startDay } from "./bad-day.ts";

const program = bed().command;

const stubborn = "trap 'echo got TERM' TERM; echo ready; while :; do sleep 1000 & wait; done";

describe.concurrent("Ctrl-C", () => {
  test("during the pull ends it, and leaves nothing", async () => {
    const name = `ctrl-c-${bed().runId}`;
    await pushImage({ registry: bed().registryHost, name, tag: "1" });
    await using front = await startRegistryFront({
      upstream: bed().registryHost,
      script: ({ kind }) => (kind === "blob" ? "hang" : "pass"),
    });
    const reference = `${front.host}/${name}:1`;
    const day = await startDay(program, shellJob("true").replace(bed().image, reference));
    await front.seen("blob");
    day.child.kill("SIGINT");
    const { code, shown } = await day.ends();
    expect(code).toBe(130);
    await expectTold("Ctrl-C during the pull", shown);
    await expectNothingLeft(day.dataDir, reference);
  });

  test.each([
    ["Ctrl-C during create", "/containers/create"],
    ["Ctrl-C during start", "/start"],
  ])("%s leaves nothing, whatever the engine makes of it afterwards", async (condition, call) => {
    await using proxy = await startFaultProxy({ target: bed().socket });
    const [asked, open] = [deferred(), deferred()];
    proxy.rule(async (_method, path): Promise<Fault> => {
      if (!path.endsWith(call)) return "pass";
      asked.resolve();
      await open.promise;
      return "pass";
    });
    const day = await startDay(program, shellJob("sleep 600"), { socket: proxy.socket });
    await asked.promise;
    day.child.kill("SIGINT");
    await day.reads("Stopping the tasks");
    open.resolve();
    const { code, shown } = await day.ends();
    expect(code).toBe(130);
    await expectTold(condition, shown);
    await expectNothingLeft(day.dataDir);
  });

  test("while an artifact is fetched ends it, and leaves nothing", async () => {
    const asked = deferred();
    const server = createServer((_request, response) => {
      response.writeHead(200).write("part");
      asked.resolve();
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/file`;
    try {
      const artifact = `artifact {\n source = "${url}"\n}`;
      const day = await startDay(program, shellJob("true", artifact), { places: [[url, "<url>"]] });
      await asked.promise;
      day.child.kill("SIGINT");
      const { code, shown } = await day.ends();
      expect(code).toBe(130);
      await expectTold("Ctrl-C while an artifact is fetched", shown);
      await expectNothingLeft(day.dataDir);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  test("while an earlier run's container is removed ends at once, and leaves it to the next run", async () => {
    const waits = "trap 'while [ ! -f /alloc/data/stop ]; do sleep 0.05; done; exit 0' TERM";
    const first = await startDay(
      program,
      shellJob(`${waits}; echo up; while :; do sleep 1000 & wait; done`, 'kill_timeout = "30s"'),
    );
    await first.reads("up\n");
    first.child.kill("SIGKILL");
    await first.ends();
    const other = shellJob("echo other");
    const second = await startDay(program, other, { dataDir: first.dataDir });
    await second.reads("removed first");
    second.child.kill("SIGINT");
    const { code, stdout, shown } = await second.ends();
    expect([code, stdout]).toEqual([130, ""]);
    await expectTold("Ctrl-C while an earlier run's container is removed", shown);
    expect(await containersAt(first.dataDir)).toHaveLength(1);
    await letGo(first);
    const third = await liveDay(program, other, { dataDir: first.dataDir });
    expect([third.code, third.stdout]).toEqual([0, "other\n"]);
    await expectNothingLeft(first.dataDir);
  });

  test("while the task runs lets it stop by itself, and a second one kills it", async () => {
    const job = shellJob(stubborn, 'kill_timeout = "30s"');
    const day = await startDay(program, job);
    await day.reads("ready\n");
    day.child.kill("SIGINT");
    await day.reads("got TERM\n");
    day.child.kill("SIGINT");
    const { code, shown } = await day.ends();
    expect(code).toBe(130);
    await expectTold("Ctrl-C while the task runs", shown);
    await expectTold("Ctrl-C while the task stops", shown);
    await expectNothingLeft(day.dataDir);
  });
});
