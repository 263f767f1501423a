import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { freePort } from "../../bed/free-port.ts";
import { type RunningProcess, startProcess } from "../../bed/process.ts";
import type { AgentPorts } from "./agent-config.ts";
import { findProcesses, type ProcessFacts, signalProcess } from "./processes.ts";

/** Where an agent runs. */
export interface AgentPlace {
  readonly address: string;
  /** The words before a command that is to run there. */
  readonly enter: readonly string[];
}

const onLoopback: AgentPlace = { address: "127.0.0.1", enter: [] };

const marker = "LONGSHORE_TEST_AGENT";

/** One `nomad agent` with a folder and ports of its own, and whatever processes it starts. */
export class AgentProcess implements AsyncDisposable {
  readonly folder: string;
  readonly address: string;
  readonly ports: AgentPorts;
  readonly #command: readonly string[];
  readonly #id = randomUUID();
  #process: RunningProcess | undefined;

  private constructor(program: string, place: AgentPlace, folder: string, ports: AgentPorts) {
    this.#command = [...place.enter, program];
    this.address = place.address;
    this.folder = folder;
    this.ports = ports;
  }

  static async create(program: string, place = onLoopback): Promise<AgentProcess> {
    const folder = await mkdtemp(join(tmpdir(), "longshore-nomad-"));
    return new AgentProcess(program, place, folder, {
      http: await freePort(),
      rpc: await freePort(),
      serf: await freePort(),
    });
  }

  /** Resolves when `ready` answers true. Rejects with the end of the log otherwise. */
  async start(config: string, ready: () => Promise<boolean>): Promise<void> {
    const file = join(this.folder, "agent.hcl");
    await writeFile(file, config);
    this.#process = await startProcess(
      "/usr/bin/env",
      [`${marker}=${this.#id}`, ...this.#command, "agent", `-config=${file}`],
      { logFile: join(this.folder, "log"), ready, readyWithinMs: 60_000 },
    );
  }

  /** Only the agent itself; what it started goes on, unless it ends it. */
  async stop(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    await this.#process?.stop(signal);
    this.#process = undefined;
  }

  async log(): Promise<string> {
    return await readFile(join(this.folder, "log"), "utf8");
  }

  /** The agent, and the processes that it started or left behind. */
  async processes(): Promise<readonly ProcessFacts[]> {
    return await findProcesses(marker, this.#id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop("SIGKILL");
    for (let left = await this.processes(); left.length > 0; left = await this.processes()) {
      for (const { pid } of left) signalProcess(pid, "SIGKILL");
      await pause(10);
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}
