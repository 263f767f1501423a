import { expect, test } from "vitest";
import type { RunEvent, TaskRef } from "./agent.ts";
import { createEventQueue } from "./event-queue.ts";

const task: TaskRef = { allocId: "a", allocName: "j.g[0]", group: "g", allocIndex: 0, task: "web" };
const at = new Date(0);

function output(text: string): RunEvent & { readonly type: "log" } {
  return { at, type: "log", task, stream: "stdout", data: Buffer.from(text) };
}

function progress(receivedBytes: number): RunEvent {
  const detail = {
    type: "pull-progress",
    progress: { image: "i", receivedBytes, totalBytes: 9, bytesPerSecond: 1, layersDone: 0, layersTotal: 1 },
  } as const;
  return { at, type: "task-event", task, message: "", detail };
}

async function readAll(events: AsyncIterable<RunEvent>): Promise<readonly RunEvent[]> {
  const all: RunEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

test("a reader that comes late gets everything in order", async () => {
  const queue = createEventQueue();
  queue.push(progress(1));
  await queue.pushOutput(output("a"));
  await queue.pushOutput(output("b"));
  queue.end();
  const events = await readAll(queue.events);
  expect(events.map(({ type }) => type)).toEqual(["task-event", "log", "log"]);
});

test("progress that nobody has read is replaced by newer progress", async () => {
  const queue = createEventQueue();
  for (const bytes of [1, 2, 3]) queue.push(progress(bytes));
  queue.end();
  expect(await readAll(queue.events)).toEqual([progress(3)]);
});

test("output waits for a slow reader, and goes on when it reads", async () => {
  const queue = createEventQueue();
  const reader = queue.events[Symbol.asyncIterator]();
  const first = reader.next();
  let written = false;
  const big = queue.pushOutput(output("x".repeat(1024 * 1024 + 1)));
  await first;
  const next = queue.pushOutput(output("y".repeat(1024 * 1024))).then(() => {
    written = true;
  });
  await big;
  expect(written).toBe(false);
  await reader.next();
  await next;
  expect(written).toBe(true);
});

test("without a reader output never waits, and what was dropped is told", async () => {
  const queue = createEventQueue();
  for (let count = 0; count < 20; count += 1) await queue.pushOutput(output("z".repeat(100_000)));
  queue.end();
  const events = await readAll(queue.events);
  expect(events[0]).toMatchObject({ type: "task-event", message: expect.stringContaining("1000000 bytes") });
  expect(events.filter(({ type }) => type === "log")).toHaveLength(10);
});

test("a reader that went away holds nothing up", async () => {
  const queue = createEventQueue();
  const reader = queue.events[Symbol.asyncIterator]();
  queue.push(progress(1));
  await reader.next();
  const waiting = queue.pushOutput(output("x".repeat(2 * 1024 * 1024)));
  await reader.return?.();
  await waiting;
  await queue.pushOutput(output("more"));
});

test("a kill holds nothing up for a reader that does not read", async () => {
  const queue = createEventQueue();
  const reader = queue.events[Symbol.asyncIterator]();
  queue.push(progress(1));
  await reader.next();
  const waiting = queue.pushOutput(output("x".repeat(2 * 1024 * 1024)));
  queue.release();
  await waiting;
});
