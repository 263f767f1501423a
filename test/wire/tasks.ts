import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, watch } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { encode } from "@msgpack/msgpack";
import type { TaskConfig as WireTaskConfig } from "../../src/plugin/proto/generated/nomad/driver.ts";
import { type TaskConfig, toTaskDirs } from "../../src/task/index.ts";
import { bed, deferred, makeTaskConfig } from "../bed/index.ts";

const run = promisify(execFile);

/** A task as an agent sends it, with FIFOs that {@link Collector}s read. */
export interface WireTask {
  readonly config: WireTaskConfig;
  readonly stdout: Collector;
  readonly stderr: Collector;
}

export interface WireTaskOptions {
  readonly driverConfig?: Readonly<Record<string, unknown>>;
  readonly overrides?: Partial<TaskConfig>;
  /** Make the FIFOs, but do not read them yet. */
  readonly unread?: boolean;
}

/** The task for `sh -c script` in the bed's image, without a network. */
export async function makeWireTask(script: string, options: WireTaskOptions = {}): Promise<WireTask> {
  const task = await makeTaskConfig(options.overrides);
  const { sharedAllocDir } = toTaskDirs(task);
  const paths = ["stdout", "stderr"].map((name) =>
    join(sharedAllocDir, "logs", `.${task.name}.${name}.fifo`),
  );
  await run("mkfifo", ["-m", "0600", ...paths]);
  const [stdoutPath = "", stderrPath = ""] = paths;
  const { image, runLabel } = bed();
  const driverConfig = {
    image,
    command: "sh",
    args: ["-c", script],
    network_mode: "none",
    labels: [{ [runLabel.key]: runLabel.value }],
    ...options.driverConfig,
  };
  const config = toWire({ ...task, stdoutPath, stderrPath }, driverConfig);
  const logFile = (stream: string) => join(sharedAllocDir, "logs", `${task.name}.${stream}.0`);
  const stdout = new Collector(stdoutPath, logFile("stdout"));
  const stderr = new Collector(stderrPath, logFile("stderr"));
  if (!options.unread) {
    stdout.start();
    stderr.start();
  }
  return { config, stdout, stderr };
}

function toWire(task: TaskConfig, driverConfig: Readonly<Record<string, unknown>>): WireTaskConfig {
  const { resources } = task;
  return {
    id: task.id,
    name: task.name,
    msgpackDriverConfig: Buffer.from(encode(driverConfig)),
    env: new Map(Object.entries(task.env)),
    deviceEnv: new Map(),
    resources: {
      allocatedResources: {
        cpu: { cpuShares: resources.cpuMhz },
        memory: { memoryMb: resources.memoryMb, memoryMaxMb: 0 },
        networks: [],
      },
      linuxResources: undefined,
      ports: [],
    },
    mounts: [],
    devices: [],
    user: task.user,
    allocDir: task.allocDir,
    stdoutPath: task.stdoutPath,
    stderrPath: task.stderrPath,
    taskGroupName: task.taskGroupName,
    jobName: task.jobName,
    allocId: task.allocId,
    networkIsolationSpec: undefined,
    dns: undefined,
    jobId: task.jobId,
    namespace: task.namespace,
    nodeName: task.nodeName,
    nodeId: task.nodeId,
    parentJobId: task.parentJobId,
  };
}

/** What the agent's log collector does with one stream: reads the FIFO once, to its end, into the log file. */
export class Collector {
  readonly #fifo: string;
  readonly #file: string;
  #process: ChildProcess | undefined;
  #ended = deferred();

  constructor(fifo: string, file: string) {
    this.#fifo = fifo;
    this.#file = file;
  }

  /** Opens the FIFO; a process of its own waits where this one must not. */
  start(): void {
    // Nothing of it stays for long, whatever becomes of the test.
    const script = 'exec timeout 120 cat "$0" >> "$1"';
    this.#ended = deferred();
    this.#process = spawn("sh", ["-c", script, this.#fifo, this.#file], {
      stdio: "ignore",
      detached: true,
    });
    this.#process.on("close", () => this.#ended.resolve());
  }

  pause(): void {
    this.#signal("SIGSTOP");
  }

  resume(): void {
    this.#signal("SIGCONT");
  }

  /** To both, the program and what it runs. */
  #signal(name: NodeJS.Signals): void {
    if (this.#process?.pid !== undefined) process.kill(-this.#process.pid, name);
  }

  /** The log file so far, whoever has written it. */
  text(): string {
    try {
      return readFileSync(this.#file, "utf8");
    } catch {
      return "";
    }
  }

  /** Resolves with the text so far as soon as it satisfies the test. */
  async until(test: (text: string) => boolean): Promise<string> {
    const watcher = watch(dirname(this.#file));
    try {
      while (!test(this.text())) await once(watcher, "change");
      return this.text();
    } finally {
      watcher.close();
    }
  }

  /** Everything, once the writer has closed the FIFO. */
  async end(): Promise<string> {
    await this.#ended.promise;
    return this.text();
  }
}
