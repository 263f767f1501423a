import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { DockerDriver } from "../../src/index.ts";
import { bed, callEngine } from "../bed/index.ts";
import { makeShellTask } from "../driver/driver-bed.ts";

async function drain(items: AsyncIterable<unknown>): Promise<void> {
  for await (const item of items) expect(item).toBeUndefined();
}

it("every call of a caller who has given up already is canceled, every stream empty, and nothing changed", async () => {
  await using driver = new DockerDriver({ endpoint: `unix://${bed().socket}` });
  const task = await makeShellTask("sleep 600");
  const other = await makeShellTask("sleep 600");
  await driver.startTask(task);
  const { id } = task;
  const signal = AbortSignal.abort();
  const command = ["touch", "/local/done"];
  const calls: readonly (readonly [name: string, call: () => Promise<unknown>])[] = [
    ["startTask", () => driver.startTask(other, { signal })],
    ["waitTask", () => driver.waitTask(id, { signal })],
    ["signalTask", () => driver.signalTask(id, "KILL", { signal })],
    ["execTask", () => driver.execTask(id, { command, timeoutMs: 10_000, signal })],
    ["execTaskStreaming", () => drain(driver.execTaskStreaming(id, { command, tty: false, signal }))],
    ["createNetwork", () => driver.createNetwork(randomUUID(), { signal })],
  ];
  for (const [name, call] of calls) {
    const outcome = await call().then(
      () => "done",
      (error: { readonly kind?: string }) => error.kind,
    );
    expect([name, outcome]).toEqual([name, "canceled"]);
  }
  const streams: readonly AsyncIterable<unknown>[] = [
    driver.taskEvents({ signal }),
    driver.taskStats(id, { intervalMs: 10, signal }),
    driver.taskLogs(id, { signal }),
  ];
  for (const stream of streams) await drain(stream);
  expect(driver.inspectTask(id).phase).toBe("running");
  const name = `/containers/app-${other.allocId}/json`;
  expect((await callEngine(bed().socket, "GET", name)).status).toBe(404);
  const { exitCode } = await driver.execTask(id, {
    command: ["test", "-e", "/local/done"],
    timeoutMs: 10_000,
  });
  expect(exitCode).toBe(1);
  await driver.destroyTask(id, { force: true });
});
