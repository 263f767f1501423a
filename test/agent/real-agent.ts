import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import {
  type Agent,
  type AgentOptions,
  createAgent,
  type JobRun,
  type RunEvent,
} from "../../src/agent/index.ts";
import { createDockerDriver, parseAgentOptions } from "../../src/driver/index.ts";
import { createEngine } from "../../src/engine/index.ts";
import type { Task } from "../../src/jobfile/job.ts";
import { bed, callEngineOk } from "../bed/index.ts";
import { makeTask } from "./jobs.ts";

export interface RealAgentOptions extends Partial<AgentOptions> {
  /** Of a proxy; the bed's engine when missing. */
  readonly socket?: string;
  /** The docker driver's options. */
  readonly docker?: Readonly<Record<string, unknown>>;
}

/** An agent with a driver and an engine of its own, as one process would have; disposing is that process's end. */
export interface RealAgent extends Agent {
  readonly dataDir: string;
}

export async function createRealAgent(options: RealAgentOptions = {}): Promise<RealAgent> {
  const engine = createEngine({ endpoint: `unix://${options.socket ?? bed().socket}` });
  const agentOptions = parseAgentOptions(options.docker);
  const driver = createDockerDriver({ engine, agentOptions });
  const dataDir = options.dataDir ?? (await makeDataDir());
  const agent = createAgent({ driver, hostAddress: "127.0.0.1", ...options, dataDir });
  return {
    dataDir,
    runJob: (job, runOptions) => agent.runJob(job, runOptions),
    async [Symbol.asyncDispose]() {
      await agent[Symbol.asyncDispose]();
      await driver[Symbol.asyncDispose]();
      await engine[Symbol.asyncDispose]();
    },
  };
}

/** A data folder in the run's folder, which is removed with it. */
export async function makeDataDir(): Promise<string> {
  const path = join(bed().folder, `data-${randomUUID()}`);
  await rm(path, { recursive: true, force: true });
  return path;
}

/** A task that runs a shell script in the bed's image. */
export function makeShellTask(name: string, script: string, overrides: Partial<Task> = {}): Task {
  const { image, runLabel } = bed();
  return makeTask(name, {
    ...overrides,
    config: {
      image,
      command: "sh",
      args: ["-c", script],
      labels: [{ [runLabel.key]: runLabel.value }],
      ...overrides.config,
    },
  });
}

/** Names of the containers of an allocation, running or not. */
export async function listContainers(allocId: string): Promise<readonly string[]> {
  const filters = JSON.stringify({ label: [`com.hashicorp.nomad.alloc_id=${allocId}`] });
  const path = `/containers/json?all=1&filters=${encodeURIComponent(filters)}`;
  const found = (await callEngineOk(bed().socket, "GET", path)) as readonly {
    readonly Names: readonly string[];
  }[];
  return found.flatMap(({ Names }) => Names);
}

/** Resolves when a task wrote something that contains `text`. */
export async function waitForOutput(run: JobRun, text: string): Promise<readonly RunEvent[]> {
  const reader = readers.get(run) ?? { events: run.events[Symbol.asyncIterator](), seen: [] };
  readers.set(run, reader);
  for (;;) {
    const { value, done } = await reader.events.next();
    if (done) throw new Error(`the run ended without "${text}": ${JSON.stringify(reader.seen)}`);
    reader.seen.push(value);
    if (value.type === "log" && Buffer.from(value.data).toString().includes(text)) return reader.seen;
  }
}

// A run has one reader: waiting again goes on where the last wait ended.
const readers = new WeakMap<
  JobRun,
  { readonly events: AsyncIterator<RunEvent>; readonly seen: RunEvent[] }
>();

/** What a task wrote, by name. */
export function outputOf(events: readonly RunEvent[], task: string): string {
  const chunks = events.filter((event) => event.type === "log" && event.task.task === task);
  return chunks.map((event) => (event.type === "log" ? Buffer.from(event.data).toString() : "")).join("");
}
