import { EventEmitter, once } from "node:events";
import { DockerDriver, type DockerDriverOptions, parseAgentOptions } from "../../src/driver/index.ts";
import { createEngine, type Engine } from "../../src/engine/index.ts";
import type {
  ExitResult,
  LogChunk,
  LogPosition,
  LogSink,
  StartedTask,
  StartOptions,
  TaskConfig,
  TaskEvent,
} from "../../src/task/index.ts";
import { bed, deferred, makeTaskConfig } from "../bed/index.ts";

/** A driver of its own on an engine, the bed's if no other; what it started is destroyed with it. */
export interface TestDriver extends AsyncDisposable {
  readonly driver: DockerDriver;
  readonly engine: Engine;
  /** All that happened so far. */
  readonly events: readonly TaskEvent[];
  /** The first event, past or to come, that satisfies the predicate. */
  event(predicate: (event: TaskEvent) => boolean): Promise<TaskEvent>;
  /** Starts a task of `sh -c script` in the bed's image. */
  start(script: string, overrides?: Partial<TaskConfig>, options?: StartOptions): Promise<TaskConfig>;
  /** Starts a task as it is. */
  startTask(task: TaskConfig, options?: StartOptions): Promise<StartedTask>;
  /** Runs `sh -c script` to its end; the task is left to be looked at. */
  run(script: string, overrides?: Partial<TaskConfig>): Promise<RanTask>;
}

/** Without an endpoint it is the bed's engine. */
export type BenchOptions = Partial<Omit<DockerDriverOptions, "endpoint">> & {
  readonly endpoint?: string;
};

export interface RanTask {
  readonly task: TaskConfig;
  readonly exit: ExitResult;
  readonly stdout: string;
  readonly stderr: string;
}

/** Takes all output and remembers it. */
export class MemorySink implements LogSink {
  readonly chunks: { chunk: LogChunk; position: LogPosition | undefined }[] = [];
  ended = false;
  #wake: (() => void)[] = [];

  write(chunk: LogChunk, position: LogPosition | undefined): void {
    this.chunks.push({ chunk: { ...chunk, data: Buffer.from(chunk.data) }, position });
    for (const wake of this.#wake.splice(0)) wake();
  }

  end(): void {
    this.ended = true;
    for (const wake of this.#wake.splice(0)) wake();
  }

  text(stream: "stdout" | "stderr" = "stdout"): string {
    const own = this.chunks.filter(({ chunk }) => chunk.stream === stream);
    return Buffer.concat(own.map(({ chunk }) => chunk.data)).toString("utf8");
  }

  /** Resolves when the output so far satisfies the test; rejects when it ends before. */
  async until(test: (text: string) => boolean): Promise<void> {
    while (!test(this.text())) {
      if (this.ended) throw new Error(`the output ended with: ${this.text()}`);
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }
}

/** Takes a first piece and then nothing until it is let go. */
export class StuckSink extends MemorySink {
  readonly taken = deferred();
  readonly letGo = deferred();

  override async write(chunk: LogChunk, position: LogPosition | undefined): Promise<void> {
    super.write(chunk, position);
    this.taken.resolve();
    await this.letGo.promise;
  }
}

/** For a driver that asks the engine for all output, also where it could read the engine's own files. */
export const fromEngine: BenchOptions = {
  agentOptions: parseAgentOptions({ logs: { from_files: false } }),
};

/**
 * The task for `sh -c script` in the bed's image. It has no network, for which an engine takes its time, unless it is
 * given ports, a group's network or a `network_mode`.
 */
export async function makeShellTask(
  script: string,
  overrides: Partial<TaskConfig> = {},
): Promise<TaskConfig> {
  const { networkIsolation, resources } = overrides;
  const isWired = networkIsolation !== undefined || resources?.ports.length || resources?.networks.length;
  const network = isWired ? {} : { network_mode: "none" };
  const driverConfig = { command: "sh", args: ["-c", script], ...network, ...overrides.driverConfig };
  return await makeTaskConfig({ ...overrides, driverConfig });
}

export function startDriver(options: BenchOptions = {}): TestDriver {
  const { endpoint = `unix://${bed().socket}`, ...rest } = options;
  const engine = createEngine({ endpoint });
  const driver = new DockerDriver({ engine, ...rest });
  const tasks = new Set<string>();
  const events: TaskEvent[] = [];
  const news = new EventEmitter().setMaxListeners(0);
  const collected = collect(driver.taskEvents(), (event) => {
    events.push(event);
    news.emit("event");
  });
  const startTask = async (task: TaskConfig, startOptions?: StartOptions) => {
    const started = await driver.startTask(task, startOptions);
    tasks.add(task.id);
    return started;
  };
  const start = async (script: string, overrides?: Partial<TaskConfig>, startOptions?: StartOptions) => {
    const task = await makeShellTask(script, overrides);
    await startTask(task, startOptions);
    return task;
  };
  return {
    driver,
    engine,
    events,
    start,
    startTask,
    async event(predicate) {
      for (;;) {
        const found = events.find(predicate);
        if (found !== undefined) return found;
        await once(news, "event");
      }
    },
    async run(script, overrides) {
      const sink = new MemorySink();
      const task = await start(script, overrides, { logs: sink });
      const exit = await driver.waitTask(task.id);
      return { task, exit, stdout: sink.text(), stderr: sink.text("stderr") };
    },
    async [Symbol.asyncDispose]() {
      for (const id of tasks) await driver.destroyTask(id, { force: true }).catch(ignoreUnknown);
      await driver[Symbol.asyncDispose]();
      await engine[Symbol.asyncDispose]();
      await collected;
    },
  };
}

async function collect(events: AsyncIterable<TaskEvent>, take: (event: TaskEvent) => void): Promise<void> {
  for await (const event of events) take(event);
}

function ignoreUnknown(error: unknown): void {
  if (!(error instanceof Error && error.message === "task not found for given id")) throw error;
}
