import {
  type ExitResult,
  type LogSink,
  LongshoreError,
  type StartOptions,
  type TaskConfig,
  type TaskDriver,
  type TaskEvent,
} from "../../src/task/index.ts";

interface MemoryTask {
  readonly config: TaskConfig;
  readonly logs: LogSink | undefined;
  readonly exit: Promise<ExitResult>;
  end(exit: ExitResult): void;
}

/** A driver whose containers are entries of a map; they live as long as the "engine", beyond any agent. */
export interface MemoryEngine {
  /** What was asked of it, in order: `start web`, `stop web`, `destroy web`, `network`, ... */
  readonly calls: string[];
  /** Containers by task id. */
  readonly containers: Map<string, MemoryTask>;
  /** Called at each start; throws to make it fail. */
  onStart: (task: TaskConfig, signal: AbortSignal | undefined) => void | Promise<void>;
  /** Ends a running task of that name. */
  exit(name: string, exitCode: number): void;
  write(name: string, text: string): Promise<void>;
  /** Resolves when a call of that form was made (for the nth time). */
  called(call: string, times?: number): Promise<void>;
  createDriver(): TaskDriver;
}

export function createMemoryEngine(): MemoryEngine {
  const calls: string[] = [];
  const waiters = new Set<() => void>();
  const containers = new Map<string, MemoryTask>();

  function note(call: string): void {
    calls.push(call);
    for (const waiter of [...waiters]) waiter();
  }

  function byName(name: string): MemoryTask {
    const found = [...containers.values()].find((task) => task.config.name === name);
    if (found === undefined) throw new Error(`no task ${name}`);
    return found;
  }

  function byId(id: string): MemoryTask {
    const found = containers.get(id);
    if (found === undefined) throw new LongshoreError("not-found", "task not found for given id");
    return found;
  }

  const engine: MemoryEngine = {
    calls,
    containers,
    onStart: () => undefined,
    exit: (name, exitCode) => byName(name).end({ exitCode, signal: 0, oomKilled: false }),
    async write(name, text) {
      await byName(name).logs?.write({ stream: "stdout", data: Buffer.from(text) }, undefined);
    },
    called: (call, times = 1) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (calls.filter((made) => made === call).length < times) return;
          waiters.delete(check);
          resolve();
        };
        waiters.add(check);
        check();
      }),
    createDriver: () => createDriver(engine, { note, byId }),
  };
  return engine;
}

interface Insides {
  note(call: string): void;
  byId(id: string): MemoryTask;
}

function createDriver(engine: MemoryEngine, { note, byId }: Insides): TaskDriver {
  const unused = (): never => {
    throw new Error("not used");
  };
  return {
    capabilities: {
      sendSignals: true,
      exec: true,
      networkModes: ["host", "group", "none"],
      mustCreateNetwork: true,
      disableLogCollection: false,
    },
    checkTask: () => undefined,
    fingerprint: unused,
    async startTask(config, { logs, signal }: StartOptions = {}) {
      note(`start ${config.name}`);
      await engine.onStart(config, signal);
      signal?.throwIfAborted();
      let end: (exit: ExitResult) => void = () => undefined;
      const exit = new Promise<ExitResult>((resolve) => {
        end = (result) => {
          void logs?.end();
          resolve(result);
        };
      });
      engine.containers.set(config.id, { config, logs, exit, end });
      note(`running ${config.name}`);
      return { handle: { version: 1, config, driverState: { containerId: config.id } } };
    },
    async recoverTask(handle, { logs } = {}) {
      const task = byId(handle.config.id);
      note(`recover ${task.config.name}`);
      void task.exit.then(() => logs?.end());
    },
    waitTask: (id, { signal } = {}) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) reject(signal.reason);
        signal?.addEventListener("abort", () => reject(signal.reason));
        byId(id).exit.then(resolve, reject);
      }),
    async stopTask(id, { graceMs, killSignal }) {
      const task = byId(id);
      note(`stop ${task.config.name} ${killSignal ?? "-"} ${graceMs}`);
      task.end({ exitCode: 143, signal: 15, oomKilled: false });
    },
    async destroyTask(id) {
      note(`destroy ${byId(id).config.name}`);
      byId(id).end({ exitCode: 137, signal: 9, oomKilled: false });
      engine.containers.delete(id);
    },
    inspectTask: unused,
    taskStats: unused,
    taskEvents: noEvents,
    signalTask: unused,
    execTask: unused,
    execTaskStreaming: unused,
    async createNetwork() {
      note("create network");
      return { isolation: { mode: "group", path: "", labels: {} }, created: true };
    },
    async destroyNetwork() {
      note("destroy network");
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

async function* noEvents({
  signal,
}: {
  readonly signal?: AbortSignal | undefined;
} = {}): AsyncGenerator<TaskEvent> {
  await new Promise<void>((resolve) => signal?.addEventListener("abort", () => resolve()));
}
