import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { callEngine, callEngineOk } from "../../scripts/engine-api.mjs";
import { findTool } from "../../scripts/tools.mjs";
import { addBridge, type Bridge } from "./bridge.ts";
import { unmountBelow } from "./mounts.ts";
import { type RunningProcess, startProcess } from "./process.ts";

export interface PrivateEngineOptions {
  /** `http://127.0.0.1:PORT` of registries that stand in for Docker Hub. */
  readonly registryMirrors?: readonly string[];
  /** Containers live on while the engine is down. */
  readonly liveRestore?: boolean;
  /** More arguments of dockerd. */
  readonly args?: readonly string[];
}

/** An engine that a test may break: own data, socket, containerd namespace and bridge. Needs root. */
export interface PrivateEngine extends AsyncDisposable {
  readonly socket: string;
  /** `unix://` and the path. */
  readonly endpoint: string;
  /** Ends it gracefully; without `liveRestore` its containers stop too. */
  stop(): Promise<void>;
  /** Kills it; containers go on. */
  kill(): Promise<void>;
  /** Starts it again on the same data; resolves when it answers. */
  start(): Promise<void>;
}

const run = promisify(execFile);

/** Starts an engine beside the machine's own one. Resolves when it answers (about a second). */
export async function startPrivateEngine(options: PrivateEngineOptions = {}): Promise<PrivateEngine> {
  const program = await findTool("dockerd");
  if (program === undefined) throw new Error("dockerd is not on this machine");
  const folder = await mkdtemp(join(tmpdir(), "longshore-engine-"));
  // Without a bridge of its own (also with --bridge=none) it would take or remove the machine's docker0.
  const bridge = await addBridge();
  const engine = new DockerDaemon(program, folder, options, bridge);
  try {
    await engine.start();
  } catch (error) {
    await engine[Symbol.asyncDispose]();
    throw error;
  }
  return engine;
}

class DockerDaemon implements PrivateEngine {
  readonly socket: string;
  readonly endpoint: string;
  readonly #program: string;
  readonly #folder: string;
  readonly #args: readonly string[];
  readonly #bridge: Bridge;
  #process: RunningProcess | undefined;
  #everRan = false;

  constructor(program: string, folder: string, options: PrivateEngineOptions, bridge: Bridge) {
    this.socket = join(folder, "docker.sock");
    this.endpoint = `unix://${this.socket}`;
    this.#program = program;
    this.#folder = folder;
    this.#bridge = bridge;
    this.#args = toArguments(folder, options, bridge);
  }

  async start(): Promise<void> {
    if (this.#process !== undefined) return;
    await mkdir(join(this.#folder, "exec"), { recursive: true });
    await writeFile(join(this.#folder, "daemon.json"), "{}");
    // Of an engine that was killed; it refuses to start while the pid lives, also when another process has it now.
    await rm(join(this.#folder, "pid"), { force: true });
    this.#process = await startProcess(this.#program, this.#args, {
      logFile: join(this.#folder, "log"),
      ready: async () => (await callEngine(this.socket, "GET", "/_ping")).status === 200,
      readyWithinMs: 60_000,
    });
    this.#everRan = true;
  }

  async stop(): Promise<void> {
    await this.#process?.stop("SIGTERM");
    this.#process = undefined;
  }

  async kill(): Promise<void> {
    await this.#process?.stop("SIGKILL");
    this.#process = undefined;
    await this.#killContainerd();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.#removeContainers();
    } finally {
      // Gracefully also then: containers that could not be removed would outlive a killed engine.
      await this.stop();
      await this.kill();
      await unmountBelow(this.#folder);
      await this.#bridge[Symbol.asyncDispose]();
      await rm(this.#folder, { recursive: true, force: true });
    }
  }

  async #removeContainers(): Promise<void> {
    if (!this.#everRan) return;
    await this.start();
    const all = await callEngineOk(this.socket, "GET", "/containers/json?all=true");
    for (const { Id } of all as { Id: string }[]) {
      const { status, body } = await callEngine(this.socket, "DELETE", `/containers/${Id}?force=true&v=true`);
      // After a failed test someone else may still be at it: gone already, or just being removed.
      if (![204, 404, 409].includes(status)) throw new Error(`removing ${Id} answered ${status}: ${body}`);
    }
  }

  /** The kernel kills it with its engine, but a little later; an engine that starts meanwhile waits for it in vain. */
  async #killContainerd(): Promise<void> {
    const pidFile = join(this.#folder, "exec", "containerd", "containerd.pid");
    const pid = Number(await readFile(pidFile, "utf8").catch(() => "0"));
    const isOurs = async () =>
      (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).includes(this.#folder);
    while (pid > 0 && (await isOurs())) {
      await run("kill", ["-KILL", String(pid)]).catch(() => undefined);
      await pause(10);
    }
    await rm(pidFile, { force: true });
  }
}

function toArguments(folder: string, options: PrivateEngineOptions, bridge: Bridge): readonly string[] {
  const namespace = `longshore-${randomUUID().slice(0, 8)}`;
  return [
    `--host=unix://${join(folder, "docker.sock")}`,
    `--data-root=${join(folder, "data")}`,
    `--exec-root=${join(folder, "exec")}`,
    `--pidfile=${join(folder, "pid")}`,
    // Not the machine's settings.
    `--config-file=${join(folder, "daemon.json")}`,
    // Where the system's containerd runs, dockerd uses that one in place of its own.
    `--containerd-namespace=${namespace}`,
    `--containerd-plugins-namespace=${namespace}-plugins`,
    `--bridge=${bridge.name}`,
    // Rules are the machine's, shared with its own engine; ports are mapped by the engine's proxy instead.
    "--iptables=false",
    "--ip-masq=false",
    ...(options.liveRestore === true ? ["--live-restore"] : []),
    ...(options.registryMirrors ?? []).map((mirror) => `--registry-mirror=${mirror}`),
    ...(options.args ?? []),
  ];
}
