import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { parseAgentOptions } from "../../src/driver/index.ts";
import { type Logger, silentLogger, type TaskOwner } from "../../src/task/index.ts";
import {
  bed,
  callEngine,
  callEngineOk,
  deferred,
  type FaultProxy,
  importImage,
  makeTaskConfig,
  removeImage,
  startFaultProxy,
} from "../bed/index.ts";
import { makeShellTask, startDriver } from "./driver-bed.ts";

/** Agent options that look ten times a second and wait for nobody. */
function toAgentOptions(changes: { readonly dry_run?: boolean; readonly enabled?: boolean } = {}) {
  const options = parseAgentOptions();
  const dangling = { enabled: true, dry_run: false, period: 100, creation_grace: 0, ...changes };
  return { ...options, gc: { ...options.gc, dangling_containers: dangling } };
}

function collectLines(): Logger & { readonly lines: string[] } {
  const lines: string[] = [];
  const take = (message: string, fields?: object) => {
    if (message.includes("of no task"))
      lines.push(`${message}: ${fields && "name" in fields && fields.name}`);
  };
  return { ...silentLogger, info: take, warn: take, lines };
}

/** A container that the driver of `host` started and that no driver knows any more; without a host, as any other. */
async function orphan(host?: string) {
  const bench = startDriver({ hostOf: () => host ?? "" });
  const task = await makeShellTask("sleep 600");
  const { handle } = await bench.driver.startTask(task);
  await bench[Symbol.asyncDispose]();
  const id = handle.driverState.containerId;
  return { task, id, name: `${task.name}-${task.allocId}` };
}

const isThere = async (id: string) =>
  (await callEngine(bed().socket, "GET", `/containers/${id}/json`)).status === 200;
const remove = (id: string) => callEngineOk(bed().socket, "DELETE", `/containers/${id}?force=true`);

/** Resolves when the driver behind the proxy has begun so many more looks. */
function countLooks(proxy: FaultProxy, wanted: number): Promise<void> {
  const done = deferred();
  let seen = 0;
  proxy.rule((_, path) => {
    if (path === "/containers/json" && ++seen === wanted) done.resolve();
    return "pass";
  });
  return done.promise;
}

describe("containers whose task nobody knows", () => {
  it("are removed, running or never started, and nobody else's is touched", async () => {
    await using proxy = await startFaultProxy({ target: bed().socket });
    const host = `host-${randomUUID()}`;
    const [lost, others, nomads, ended] = await Promise.all([
      orphan(host),
      orphan(`${host}-2`),
      orphan(),
      orphan(host),
    ]);
    await callEngineOk(bed().socket, "POST", `/containers/${ended.id}/kill`);
    const logger = collectLines();
    await using bench = startDriver({
      endpoint: proxy.endpoint,
      hostOf: () => host,
      agentOptions: toAgentOptions(),
      logger,
    });
    const kept = await bench.start("sleep 600");
    const never = await bench.engine.createContainer(`app-${randomUUID()}`, {
      Image: bed().image,
      Labels: {
        "com.hashicorp.nomad.alloc_id": "gone",
        "longshore.host": host,
        [bed().runLabel.key]: bed().runLabel.value,
      },
      HostConfig: {},
    });
    while (await isThere(never.id)) await countLooks(proxy, 1);
    await countLooks(proxy, 2);
    expect(await isThere(lost.id)).toBe(false);
    expect(await Promise.all([others.id, nomads.id, ended.id].map(isThere))).toEqual([true, true, true]);
    expect(bench.driver.inspectTask(kept.id).phase).toBe("running");
    expect(logger.lines).toContain(`removed a container of no task: ${lost.name}`);
    expect(logger.lines).toHaveLength(2);
    const looks = proxy.requests.filter(({ path }) => path === "/containers/json");
    expect(new Set(looks.map(({ query }) => query.get("filters")))).toEqual(
      new Set([
        JSON.stringify({
          label: [`longshore.host=${host}`],
          status: ["created", "running", "paused", "restarting"],
        }),
      ]),
    );
    for (const { id } of [others, nomads, ended]) await remove(id);
  });

  it("are only told, once each, in a dry run", async () => {
    await using proxy = await startFaultProxy({ target: bed().socket });
    const host = `host-${randomUUID()}`;
    const lost = await orphan(host);
    const logger = collectLines();
    const agentOptions = toAgentOptions({ dry_run: true });
    await using bench = startDriver({ endpoint: proxy.endpoint, hostOf: () => host, agentOptions, logger });
    await bench.start("sleep 600");
    await countLooks(proxy, 4);
    expect(logger.lines).toEqual([`a container of no task would be removed: ${lost.name}`]);
    expect(await isThere(lost.id)).toBe(true);
    await remove(lost.id);
  });

  it("are not those of a start that is under way, or of a task just recovered", async () => {
    await using proxy = await startFaultProxy({ target: bed().socket });
    const host = `host-${randomUUID()}`;
    const old = await orphan(host);
    await using bench = startDriver({
      endpoint: proxy.endpoint,
      hostOf: () => host,
      agentOptions: toAgentOptions(),
    });
    await bench.driver.recoverTask({
      version: 1,
      config: old.task,
      driverState: { containerId: old.id },
    });
    const task = await makeShellTask("sleep 600");
    const done = deferred();
    let looks = 0;
    // The engine makes the container, and its answer does not come.
    proxy.rule((_, path) => {
      if (path === "/containers/create") return { hangAfter: 0 };
      if (path === "/containers/json" && proxy.counts.has("POST /containers/create") && ++looks === 4)
        done.resolve();
      return "pass";
    });
    const starting = bench.startTask(task);
    starting.catch(() => undefined);
    await done.promise;
    expect(await isThere(`${task.name}-${task.allocId}`)).toBe(true);
    expect(bench.driver.inspectTask(old.task.id).phase).toBe("running");
    proxy.rule(undefined);
    proxy.cut();
    await expect(starting).rejects.toMatchObject({ kind: "unavailable" });
    await bench.driver.destroyTask(old.task.id, { force: true });
  });

  it("are a group's network that no allocation needs any more, and not that of another host or of a living group", async () => {
    await using proxy = await startFaultProxy({ target: bed().socket });
    const host = `host-${randomUUID()}`;
    const owner = { nodeId: host, namespace: "default", jobId: "job" };
    const name = { name: "longshore-test/pause-dangling", tag: bed().runId };
    const infra_image = await importImage(bed().socket, name, { command: ["sleep", "3600"] });
    const agentOptions = { ...toAgentOptions(), infra_image };
    const toOptions = () => ({ hostOf: ({ nodeId }: TaskOwner) => nodeId, agentOptions });
    const allocIds = Array.from({ length: 5 }, () => randomUUID());
    const [gone = "", foreign = "", resting = "", later = "", used = ""] = allocIds;
    const group = { ports: [] };
    {
      await using before = startDriver(toOptions());
      await before.driver.createNetwork(gone, { ...group, owner });
      await before.driver.createNetwork(foreign, { ...group, owner: { ...owner, nodeId: `${host}-2` } });
      await before.driver.createNetwork(resting, { ...group, owner });
    }
    // Its allocation is there, though none of its tasks is.
    await makeTaskConfig({ allocId: resting });
    await using bench = startDriver({ ...toOptions(), endpoint: proxy.endpoint });
    const { isolation } = await bench.driver.createNetwork(used, { ...group, owner });
    await bench.start("sleep 600", { nodeId: host, allocId: used, networkIsolation: isolation });
    // A host that says nothing of the owner is the one that all tasks are of.
    await bench.driver.createNetwork(later, group);
    while (await isThere(`nomad_init_${gone}`)) await countLooks(proxy, 1);
    await countLooks(proxy, 2);
    const left = await Promise.all(allocIds.map((allocId) => isThere(`nomad_init_${allocId}`)));
    expect(left).toEqual([false, true, true, true, true]);
    const { Config } = await bench.engine.inspectContainer(`nomad_init_${later}`);
    expect(Config.Labels["longshore.host"]).toBe(host);
    for (const allocId of allocIds) await bench.driver.destroyNetwork(allocId);
    await removeImage(bed().socket, infra_image);
  });

  it("are not taken over by a start while they are being removed", async () => {
    await using proxy = await startFaultProxy({ target: bed().socket });
    const host = `host-${randomUUID()}`;
    const lost = await orphan(host);
    await using bench = startDriver({
      endpoint: proxy.endpoint,
      hostOf: () => host,
      agentOptions: toAgentOptions(),
    });
    const [removing, refused] = [deferred(), deferred()];
    proxy.rule(async (method, path) => {
      if (method === "DELETE") {
        removing.resolve();
        await refused.promise;
      }
      // The start has found the name taken, and looks who has it.
      if (method === "GET" && path === `/containers/${lost.name}/json`) refused.resolve();
      return "pass" as const;
    });
    const first = await bench.start("sleep 600");
    await removing.promise;
    const { handle } = await bench.startTask(lost.task);
    expect(handle.driverState.containerId).not.toBe(lost.id);
    expect(bench.driver.inspectTask(lost.task.id).phase).toBe("running");
    await bench.driver.destroyTask(first.id, { force: true });
  });
});
