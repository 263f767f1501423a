import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { Agent } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { callEngineOk } from "../scripts/engine-api.mjs";
import { createDockerDriver, parseAgentOptions } from "../src/driver/index.ts";
import { createEngine, type Engine } from "../src/engine/index.ts";
import { type TaskConfig, type TaskDriver, toTaskDirs } from "../src/task/index.ts";
import { importImage, removeImage } from "../test/bed/images.ts";

const labelKey = "longshore-bench.run";

/** What the cases measure on; disposing removes every container and the image. */
export interface Ground extends AsyncDisposable {
  readonly socket: string;
  /** A busybox image that is on the engine. */
  readonly image: string;
  /** Key and value of the label that everything carries. */
  readonly label: { readonly key: string; readonly value: string };
  readonly folder: string;
  readonly engine: Engine;
  readonly driver: TaskDriver;
  /** A task of its own that runs the command. */
  makeTask(command: readonly string[]): Promise<TaskConfig>;
  /** A call to the engine over a kept connection, as bare as can be. */
  call(method: string, path: string, body?: object): Promise<unknown>;
  /** Removes every container of the run. */
  clear(): Promise<void>;
}

/** Imports an image and opens a driver on the engine at `socket`. */
export async function prepareGround(socket: string): Promise<Ground> {
  const label = { key: labelKey, value: randomUUID().slice(0, 8) };
  const image = await importImage(socket, { name: "longshore-bench/busybox", tag: label.value });
  const folder = await mkdtemp(join(tmpdir(), "longshore-bench-"));
  const engine = createEngine({ endpoint: `unix://${socket}` });
  const agentOptions = parseAgentOptions(undefined, { "docker.cleanup.image": "false" });
  const driver = createDockerDriver({ engine, agentOptions });
  const agent = new Agent({ keepAlive: true });
  const call = async (method: string, path: string, body?: object) =>
    await callEngineOk(socket, method, path, { body, agent });
  const clear = async () => {
    const filters = encodeURIComponent(JSON.stringify({ label: [`${label.key}=${label.value}`] }));
    const found = (await call("GET", `/containers/json?all=true&filters=${filters}`)) as { Id: string }[];
    await Promise.all(
      found.map(async ({ Id }) => await call("DELETE", `/containers/${Id}?force=true&v=true`)),
    );
  };
  return {
    socket,
    image,
    label,
    folder,
    engine,
    driver,
    makeTask: async (command) => await makeTask({ folder, image, label, command }),
    call,
    clear,
    async [Symbol.asyncDispose]() {
      await driver[Symbol.asyncDispose]();
      await engine[Symbol.asyncDispose]();
      await clear();
      agent.destroy();
      await removeImage(socket, image);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function makeTask(
  of: Pick<Ground, "folder" | "image" | "label"> & { readonly command: readonly string[] },
): Promise<TaskConfig> {
  const allocId = randomUUID();
  const allocDir = join(of.folder, allocId);
  const dirs = toTaskDirs({ allocDir, name: "app" });
  for (const dir of [join(dirs.sharedAllocDir, "logs"), dirs.localDir, dirs.secretsDir]) {
    await mkdir(dir, { recursive: true });
  }
  const [command, ...args] = of.command;
  return {
    id: `${allocId}/app/1`,
    name: "app",
    allocId,
    jobId: "bench",
    jobName: "bench",
    taskGroupName: "bench",
    namespace: "default",
    parentJobId: "",
    nodeName: "bench",
    nodeId: "bench",
    driverConfig: { image: of.image, command, args, labels: [{ [of.label.key]: of.label.value }] },
    env: { NOMAD_ALLOC_DIR: "/alloc", NOMAD_TASK_DIR: "/local", NOMAD_SECRETS_DIR: "/secrets" },
    deviceEnv: {},
    resources: {
      cpuMhz: 100,
      memoryMb: 32,
      memoryMaxMb: 0,
      cpusetCpus: "",
      percentTicks: 0,
      ports: [],
      networks: [],
    },
    mounts: [],
    devices: [],
    user: "",
    allocDir,
    stdoutPath: "/dev/null",
    stderrPath: "/dev/null",
  };
}
