import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock, JobRun, RunEvent } from "../../src/agent/index.ts";
import type { Artifact, Job, Task, TaskGroup, Template } from "../../src/jobfile/job.ts";

/** A task that names nothing but itself. */
export function makeTask(name: string, overrides: Partial<Task> = {}): Task {
  return {
    name,
    driver: "docker",
    config: {},
    env: {},
    meta: {},
    resources: { cpuMhz: 100, cores: 0, memoryMb: 64, memoryMaxMb: 0, network: undefined },
    restart: { attempts: 0, intervalMs: 60_000, delayMs: 0, mode: "fail" },
    killTimeoutMs: 5000,
    killSignal: undefined,
    shutdownDelayMs: 0,
    user: "",
    leader: false,
    lifecycle: undefined,
    logs: { maxFiles: 10, maxFileSizeMb: 10, disabled: false },
    templates: [],
    artifacts: [],
    volumeMounts: [],
    ...overrides,
  };
}

export function makeGroup(
  name: string,
  tasks: readonly Task[],
  overrides: Partial<TaskGroup> = {},
): TaskGroup {
  return {
    name,
    count: 1,
    network: undefined,
    restart: { attempts: 0, intervalMs: 60_000, delayMs: 0, mode: "fail" },
    tasks,
    meta: {},
    volumes: [],
    shutdownDelayMs: 0,
    maxRunDurationMs: undefined,
    ...overrides,
  };
}

/** A template with nothing but its text. */
export function makeTemplate(overrides: Partial<Template> = {}): Template {
  return {
    data: undefined,
    source: undefined,
    destination: "local/out",
    changeMode: "restart",
    changeSignal: "SIGHUP",
    changeScript: undefined,
    once: false,
    splayMs: 0,
    wait: undefined,
    env: false,
    perms: 0o644,
    uid: undefined,
    gid: undefined,
    leftDelimiter: "{{",
    rightDelimiter: "}}",
    missingKeyIsError: false,
    ...overrides,
  };
}

/** An artifact that goes into the task's local folder. */
export function makeArtifact(overrides: Partial<Artifact> = {}): Artifact {
  return {
    source: "",
    destination: "local/",
    options: {},
    headers: {},
    insecure: false,
    mode: "any",
    ...overrides,
  };
}

export function makeJob(groups: readonly TaskGroup[], overrides: Partial<Job> = {}): Job {
  return {
    id: "job",
    name: "job",
    type: "batch",
    region: "global",
    namespace: "default",
    datacenters: ["dc1"],
    priority: 50,
    meta: {},
    groups,
    seedStyle: false,
    ...overrides,
  };
}

/** A folder of the test's own, gone at the end of the test. */
export async function makeFolder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), "longshore-agent-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** A clock that jumps over every wait, and notes it. */
export function createJumpingClock(): Clock & { readonly waits: number[] } {
  let nowMs = 0;
  const waits: number[] = [];
  return {
    waits,
    now: () => new Date(Date.UTC(2015, 8, 28) + nowMs),
    monotonicMs: () => nowMs,
    sleep(ms, { signal } = {}) {
      waits.push(ms);
      return new Promise((resolve, reject) => {
        setImmediate(() => {
          if (signal?.aborted) return reject(signal.reason);
          nowMs += ms;
          resolve();
        });
      });
    },
  };
}

/** Reads a run to its end. */
export async function readEvents(run: JobRun): Promise<readonly RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of run.events) events.push(event);
  return events;
}
