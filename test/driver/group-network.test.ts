import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseAgentOptions } from "../../src/driver/index.ts";
import type { TaskConfig } from "../../src/task/index.ts";
import { settlesWithin } from "../../src/task/index.ts";
import { makeGroup, makeJob } from "../agent/jobs.ts";
import {
  createRealAgent,
  listContainers,
  makeShellTask as toShellTask,
  waitForOutput,
} from "../agent/real-agent.ts";
import {
  bed,
  callEngineOk,
  deferred,
  type Fault,
  freePort,
  importImage,
  removeImage,
  startFaultProxy,
} from "../bed/index.ts";
import { MemorySink, makeShellTask, startDriver, type TestDriver } from "./driver-bed.ts";

let pause = "";
beforeAll(async () => {
  const name = { name: "longshore-test/pause", tag: bed().runId };
  pause = await importImage(bed().socket, name, { command: ["sleep", "3600"] });
});
afterAll(async () => {
  await removeImage(bed().socket, pause);
});

const startGroupDriver = () => startDriver({ agentOptions: parseAgentOptions({ infra_image: pause }) });
const kill = (id: string) => callEngineOk(bed().socket, "POST", `/containers/${id}/kill`);
const remove = (id: string) => callEngineOk(bed().socket, "DELETE", `/containers/${id}?force=true&v=true`);

/** Ready when it says so; ends well when it is told to. */
const polite = "trap 'exit 0' TERM; echo ready; while :; do sleep 1000 & wait; done";

async function startReady(bench: TestDriver, script: string, overrides: Partial<TaskConfig>) {
  const sink = new MemorySink();
  const task = await bench.start(script, overrides, { logs: sink });
  await sink.until((text) => text.includes("ready"));
  return task;
}

/** Whose network a task's container has joined. */
async function networkOf(bench: TestDriver, task: TaskConfig): Promise<string> {
  const { container_id = "" } = bench.driver.inspectTask(task.id).attributes;
  return (await bench.engine.inspectContainer(container_id)).HostConfig.NetworkMode;
}

describe("a group's network", () => {
  it.each([
    ["dies", kill],
    ["is removed by someone else", remove],
  ])("that %s ends its tasks with the reason, and they come back in one new network", async (_how, end) => {
    await using bench = startGroupDriver();
    const allocId = randomUUID();
    const ports = [{ label: "web", value: await freePort(), to: 80, hostIp: "127.0.0.1" }];
    const { isolation } = await bench.driver.createNetwork(allocId, { ports, hostname: "shared" });
    const old = isolation.labels.docker_sandbox_container_id ?? "";
    const group = { allocId, networkIsolation: isolation };
    const [one, two, apart] = await Promise.all([
      startReady(bench, polite, { ...group, name: "one" }),
      startReady(bench, polite, { ...group, name: "two" }),
      startReady(bench, polite, {}),
    ]);
    await end(old);
    const error = `the group's network is gone: its container nomad_init_${allocId} has ended or was removed`;
    for (const task of [one, two]) {
      expect(await bench.driver.waitTask(task.id)).toEqual({
        exitCode: 0,
        signal: 0,
        oomKilled: false,
        error,
      });
      await bench.event(({ taskId, message }) => taskId === task.id && message === error);
      await bench.driver.destroyTask(task.id);
    }
    expect(bench.driver.inspectTask(apart.id).phase).toBe("running");
    // The host knows nothing of a new network: it starts the same tasks again.
    const again = await Promise.all(
      ["one", "two"].map((name) => startReady(bench, polite, { ...group, name })),
    );
    const modes = await Promise.all(again.map((task) => networkOf(bench, task)));
    const [mode = ""] = modes;
    expect(modes).toEqual([mode, mode]);
    expect(mode).not.toBe(`container:${old}`);
    const made = await bench.engine.inspectContainer(mode.replace("container:", ""));
    expect(made).toMatchObject({ Name: `/nomad_init_${allocId}`, State: { Running: true } });
    expect(made.NetworkSettings.Ports["80/tcp"]).toEqual([
      { HostIp: "127.0.0.1", HostPort: String(ports[0]?.value) },
    ]);
    // And what is heard of the old one ends nobody any more.
    for (const task of again) await bench.driver.destroyTask(task.id, { force: true });
    await bench.driver.destroyNetwork(allocId);
    expect(await listContainers(allocId)).toEqual([]);
  });

  it("that the host has wired is not made anew behind its back", async () => {
    await using bench = startGroupDriver();
    const allocId = randomUUID();
    const { isolation } = await bench.driver.createNetwork(allocId, {});
    const group = { allocId, networkIsolation: isolation };
    const task = await startReady(bench, polite, group);
    await remove(isolation.labels.docker_sandbox_container_id ?? "");
    expect((await bench.driver.waitTask(task.id)).error).toContain("the group's network is gone");
    await expect(bench.driver.startTask(await makeShellTask("true", group))).rejects.toMatchObject({
      kind: "not-found",
      retryable: false,
      message: expect.stringContaining("the group's network is gone"),
      hint: expect.stringContaining("placed anew"),
    });
    expect(await listContainers(allocId)).toEqual([`/app-${allocId}`]);
    await bench.driver.destroyNetwork(allocId);
  });

  it.each(["made anew for a task", "made for its host"])(
    "that is removed while it is %s is not there in the end",
    async (how) => {
      await using proxy = await startFaultProxy({ target: bed().socket });
      const agentOptions = parseAgentOptions({ infra_image: pause });
      await using bench = startDriver({ endpoint: proxy.endpoint, agentOptions });
      const allocId = randomUUID();
      const [begun, held] = [deferred(), deferred()];
      const make = async () => {
        if (how === "made for its host") return await bench.driver.createNetwork(allocId, { ports: [] });
        return await bench.startTask(await makeShellTask("sleep 600", { allocId, networkIsolation }));
      };
      const { isolation: networkIsolation } = await bench.driver.createNetwork(allocId, { ports: [] });
      await remove(`nomad_init_${allocId}`);
      proxy.rule(async (_, path): Promise<Fault> => {
        if (path !== "/containers/create") return "pass";
        begun.resolve();
        await held.promise;
        return "pass";
      });
      const made = make();
      made.catch(() => undefined);
      await begun.promise;
      const removing = bench.driver.destroyNetwork(allocId);
      await settlesWithin(removing, 200);
      held.resolve();
      await removing;
      await expect(made).rejects.toMatchObject({ kind: "canceled" });
      expect(await listContainers(allocId)).toEqual([]);
    },
  );

  it("that someone else is removing already is waited for until it is gone", async () => {
    await using proxy = await startFaultProxy({ target: bed().socket });
    const agentOptions = parseAgentOptions({ infra_image: pause });
    await using bench = startDriver({ endpoint: proxy.endpoint, agentOptions });
    const allocId = randomUUID();
    await bench.driver.createNetwork(allocId, {});
    const busy = { status: 409, body: { message: "removal of container is already in progress" } };
    let asked = 0;
    proxy.rule((method) => (method === "DELETE" && ++asked < 3 ? busy : "pass"));
    await bench.driver.destroyNetwork(allocId);
    expect(await listContainers(allocId)).toEqual([]);
  });

  it("that went while the driver was away ends the task that is found in it, and only that one", async () => {
    const allocs = [randomUUID(), randomUUID()] as const;
    const handles = [];
    {
      await using before = startGroupDriver();
      for (const allocId of allocs) {
        const { isolation } = await before.driver.createNetwork(allocId, {});
        const task = await makeShellTask(polite, { allocId, networkIsolation: isolation });
        handles.push((await before.driver.startTask(task)).handle);
      }
    }
    await remove(`nomad_init_${allocs[0]}`);
    await using after = startGroupDriver();
    for (const handle of handles) await after.driver.recoverTask(handle);
    const [lost, kept] = handles.map(({ config }) => config.id);
    expect(await after.driver.waitTask(lost ?? "")).toMatchObject({
      error: expect.stringContaining("the group's network is gone"),
    });
    expect(after.driver.inspectTask(kept ?? "").phase).toBe("running");
    // From now on it is followed like one that this driver has made.
    await kill(`nomad_init_${allocs[1]}`);
    expect((await after.driver.waitTask(kept ?? "")).error).toContain(allocs[1]);
    for (const { config } of handles) await after.driver.destroyTask(config.id);
    for (const allocId of allocs) await after.driver.destroyNetwork(allocId);
  });

  it("that is healed costs a job's group one restart and nothing else", async () => {
    await using agent = await createRealAgent({ docker: { infra_image: pause } });
    const network = { mode: "bridge", hostname: "", ports: [], dns: undefined } as const;
    const script =
      'if [ -e /alloc/second ]; then echo back; exit 0; fi; touch /alloc/second; echo ready; trap "exit 0" TERM; ' +
      "while :; do sleep 1000 & wait; done";
    const restart = { attempts: 1, intervalMs: 60_000, delayMs: 0, mode: "fail" } as const;
    const task = toShellTask("web", script, { restart });
    const run = await agent.runJob(makeJob([makeGroup("g", [task], { network })]));
    const events = await waitForOutput(run, "ready");
    const { allocId } = events.find((event) => "task" in event)?.task ?? { allocId: "" };
    await kill(`nomad_init_${allocId}`);
    await waitForOutput(run, "back");
    expect(await run.outcome).toMatchObject({ state: "complete", tasks: [{ restarts: 1 }] });
    expect(await listContainers(allocId)).toEqual([]);
  });
});
