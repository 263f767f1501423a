import { request } from "node:http";
import { parseAgentOptions, planContainer } from "../src/driver/index.ts";
import type { CreateRequest } from "../src/engine/index.ts";
import type { LogSink, TaskConfig } from "../src/task/index.ts";
import { timed } from "./compare.ts";
import type { Ground } from "./ground.ts";

/** A sink that takes everything and keeps nothing. */
export const nullSink: LogSink = { write: () => undefined, end: () => undefined };

/** A command that lasts for as long as anyone measures. */
export const sleeper = ["sleep", "3600"] as const;

/** Starts a task with the driver, its output read. Answers the milliseconds until it runs. */
export async function startWithDriver({ driver }: Ground, task: TaskConfig): Promise<number> {
  return await timed(async () => await driver.startTask(task, { logs: nullSink }));
}

/** What the driver would ask the engine to create. */
export function toCreateRequest(
  { image, label }: Ground,
  task: TaskConfig,
): { name: string; body: CreateRequest } {
  const { name, request: planned } = planContainer(task, { agentOptions: parseAgentOptions() });
  return {
    name,
    body: { ...planned, Image: image, Labels: { ...planned.Labels, [label.key]: label.value } },
  };
}

/** The calls that the driver makes, for a container like the driver's, and nothing else. Answers their time. */
export async function startBare(ground: Ground, task: TaskConfig): Promise<number> {
  const { name, body } = toCreateRequest(ground, task);
  return await timed(async () => {
    await ground.call("GET", `/images/${ground.image}/json`);
    const created = (await ground.call("POST", `/containers/create?name=${name}`, body)) as { Id: string };
    await ground.call("POST", `/containers/${created.Id}/start`);
    followLogs(ground.socket, created.Id);
  });
}

/** Like the driver, it asks for the output and does not wait for the first of it. */
function followLogs(socketPath: string, id: string): void {
  const path = `/containers/${id}/logs?follow=true&stdout=true&stderr=true&timestamps=true`;
  const sent = request({ socketPath, path, agent: false }, (response) => response.resume());
  sent.on("error", () => undefined);
  sent.end();
}
