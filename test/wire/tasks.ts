import { type ChildProcess, execFile, spawn } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { encode } from "@msgpack/msgpack";
import type { TaskConfig as WireTaskConfig } from "../../src/plugin/proto/generated/nomad/driver.ts";
import { type TaskConfig, toTaskDirs } from "../../src/task/index.ts";
import { bed, makeTaskConfig } from "../bed/index.ts";

const run = promisify(execFile);

/** A task as an agent sends it, with FIFOs that a {@link FifoReader} reads. */
export interface WireTask {
  readonly config: WireTaskConfig;
  readonly stdout: FifoReader;
  readonly stderr: FifoReader;
}

export interface WireTaskOptions {
  readonly driverConfig?: Readonly<Record<string, unknown>>;
  readonly overrides?: Partial<TaskConfig>;
  /** Make the FIFOs, but do not read them yet. */
  readonly unread?: boolean;
}

/** The task for `sh -c script` in the bed's image. */
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
    labels: [{ [runLabel.key]: runLabel.value }],
    ...options.driverConfig,
  };
  const config = toWire({ ...task, stdoutPath, stderrPath }, driverConfig);
  const [stdout, stderr] = [new FifoReader(stdoutPath), new FifoReader(stderrPath)];
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

/** Reads a FIFO as the agent's logmon does: once, to its end. */
export class FifoReader {
  readonly path: string;
  readonly #chunks: Buffer[] = [];
  #wake: (() => void)[] = [];
  #ended = false;
  #cat: ChildProcess | undefined;

  constructor(path: string) {
    this.path = path;
  }

  /** Opens it; a process of its own waits where this one must not. */
  start(): void {
    const cat = spawn("cat", [this.path], { stdio: ["ignore", "pipe", "inherit"] });
    cat.stdout.on("data", (data: Buffer) => {
      this.#chunks.push(data);
      this.#tell();
    });
    cat.on("close", () => {
      this.#ended = true;
      this.#tell();
    });
    this.#cat = cat;
  }

  pause(): void {
    this.#cat?.kill("SIGSTOP");
  }

  resume(): void {
    this.#cat?.kill("SIGCONT");
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString("utf8");
  }

  /** Resolves when the text so far satisfies the test; rejects when it ends before. */
  async until(test: (text: string) => boolean): Promise<string> {
    while (!test(this.text())) {
      if (this.#ended) throw new Error(`the output ended with: ${this.text().slice(-500)}`);
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
    return this.text();
  }

  /** Everything, once the writer has closed it. */
  async end(): Promise<string> {
    while (!this.#ended) await new Promise<void>((resolve) => this.#wake.push(resolve));
    return this.text();
  }

  #tell(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}
