import { copyFile, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { callEngineOk } from "../../../scripts/engine-api.mjs";
import { repository } from "../../../scripts/tools.mjs";
import { unmountBelow } from "../../bed/mounts.ts";
import { startsKey, toClientConfig } from "./agent-config.ts";
import { AgentProcess } from "./agent-process.ts";
import { findContainers } from "./containers.ts";
import type { NetworkNamespace } from "./network-namespace.ts";
import { type ProcessFacts, signalProcess } from "./processes.ts";
import type { NomadServer } from "./server.ts";

export type DriverChoice = "longshore" | "built-in";

/** What may change from one start of an agent to the next. */
export interface ClientSettings {
  readonly driver?: DriverChoice;
  /** HCL inside `plugin "docker" { config { ... } }`. */
  readonly docker?: string;
}

export interface ClientOptions extends ClientSettings {
  /** Path of the engine's unix socket. */
  readonly socket: string;
  /** HCL inside `client { ... }`. */
  readonly client?: string;
  /** Host and port of a Consul. */
  readonly consul?: string;
  /** Whether the agent reads its tasks' use all the time; it does when missing. */
  readonly metrics?: boolean;
  /** The node's name. */
  readonly name?: string;
  /** Of another version than the server. */
  readonly program?: string;
  /** On loopback when missing. */
  readonly network?: NetworkNamespace;
}

/** Path of the plugin that agents are given. */
export function builtPlugin(): string {
  return process.env.LONGSHORE_PLUGIN ?? join(repository, "dist", "docker");
}

/** A Nomad agent that runs tasks by one of the docker drivers. */
export class NomadClient implements AsyncDisposable {
  readonly name: string;
  readonly dataDir: string;
  readonly pluginDir: string;
  readonly #server: NomadServer;
  readonly #process: AgentProcess;
  readonly #options: ClientOptions;
  #driver: DriverChoice;
  #docker: string;
  #starts = 0;

  private constructor(server: NomadServer, process: AgentProcess, options: ClientOptions) {
    this.name = options.name ?? "bed";
    this.dataDir = join(process.folder, "data");
    this.pluginDir = join(process.folder, "plugins");
    this.#server = server;
    this.#process = process;
    this.#options = options;
    this.#driver = options.driver ?? "longshore";
    this.#docker = options.docker ?? "";
  }

  /** Resolves when its node is ready and its docker driver healthy. */
  static async start(server: NomadServer, options: ClientOptions): Promise<NomadClient> {
    const process = await AgentProcess.create(options.program ?? server.program, options.network);
    const client = new NomadClient(server, process, options);
    try {
      await client.start();
    } catch (error) {
      await client[Symbol.asyncDispose]();
      throw error;
    }
    return client;
  }

  /** Starts it again on the same data, with other settings if some are given. */
  async start(settings: ClientSettings = {}): Promise<void> {
    this.#driver = settings.driver ?? this.#driver;
    this.#docker = settings.docker ?? this.#docker;
    this.#starts++;
    await this.#install();
    await this.#process.start(this.#toConfig(), () => this.#isReady());
  }

  /** Ends the agent as an operator would; its tasks go on. */
  async stop(): Promise<void> {
    await this.#process.stop("SIGTERM");
  }

  async kill(): Promise<void> {
    await this.#process.stop("SIGKILL");
  }

  /** What the agent and its plugins have logged so far. */
  async log(): Promise<string> {
    return await this.#process.log();
  }

  /** Its processes of a kind, also those that a killed agent left: `docker` (the plugin), `logmon`, `docker_logger`. */
  async processes(kind: "docker" | "logmon" | "docker_logger"): Promise<readonly ProcessFacts[]> {
    const all = await this.#process.processes();
    const isOfKind = (word: string) => word === kind || word === join(this.pluginDir, kind);
    return all.filter((each) => each.arguments.some(isOfKind));
  }

  /** The agent, and all that it started or left. */
  async allProcesses(): Promise<readonly ProcessFacts[]> {
    return await this.#process.processes();
  }

  async killPlugin(): Promise<void> {
    for (const { pid } of await this.processes("docker")) signalProcess(pid, "SIGKILL");
  }

  /** Where an allocation's folders are. */
  allocDir(allocId: string): string {
    return join(this.dataDir, "alloc", allocId);
  }

  /** Ends it and all that it started: containers, processes, mounts, files. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { folder } = this.#process;
    try {
      await this.kill();
      const allocIds = await readdir(join(this.dataDir, "alloc")).catch(() => []);
      await removeContainersOf(this.#options.socket, allocIds);
    } finally {
      // Secrets are kept in a tmpfs per task.
      await unmountBelow(folder);
      await this.#process[Symbol.asyncDispose]();
    }
  }

  async #install(): Promise<void> {
    await rm(this.pluginDir, { recursive: true, force: true });
    await mkdir(this.pluginDir, { recursive: true });
    if (this.#driver === "longshore") await copyFile(builtPlugin(), join(this.pluginDir, "docker"));
  }

  #toConfig(): string {
    const { socket, client = "", metrics = true, consul, network } = this.#options;
    return toClientConfig({
      name: this.name,
      folder: this.#process.folder,
      address: this.#process.address,
      ports: this.#process.ports,
      networkInterface: network === undefined ? "lo" : "wire",
      pluginDir: this.pluginDir,
      serverRpc: this.#server.rpc,
      starts: this.#starts,
      endpoint: `unix://${socket}`,
      docker: this.#docker,
      client,
      consul,
      metrics,
    });
  }

  async #isReady(): Promise<boolean> {
    const nodes = await this.#server.api.get<readonly NodeStub[]>("/v1/nodes");
    const id = nodes.find(({ Name }) => Name === this.name)?.ID;
    if (id === undefined) return false;
    const node = await this.#server.api.get<Node>(`/v1/node/${id}`);
    const isThisStart = node.Meta[startsKey] === `${this.#starts}`;
    return isThisStart && node.Status === "ready" && node.Drivers.docker?.Healthy === true;
  }
}

interface NodeStub {
  readonly ID: string;
  readonly Name: string;
}

interface Node {
  readonly Status: string;
  readonly Meta: Readonly<Record<string, string>>;
  readonly Drivers: Readonly<Record<string, { readonly Healthy: boolean }>>;
}

/** Also those of the groups' networks. */
async function removeContainersOf(socket: string, allocIds: readonly string[]): Promise<void> {
  const found = await Promise.all(allocIds.map((id) => findContainers(socket, id)));
  for (const { Id } of found.flat())
    await callEngineOk(socket, "DELETE", `/containers/${Id}?force=true&v=true`).catch(() => undefined);
}
