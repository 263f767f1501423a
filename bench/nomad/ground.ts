import { randomUUID } from "node:crypto";
import { importImage, removeImage } from "../../test/bed/images.ts";
import { type AllocStub, hasEnded, isRunning } from "../../test/nomad/bed/allocations.ts";
import { NomadClient } from "../../test/nomad/bed/client.ts";
import { NomadServer } from "../../test/nomad/bed/server.ts";
import { toRegistration } from "./job.ts";

/** Who runs the tasks: the agent's own driver, Longshore, and Longshore writing the log files itself. */
export const allSides = ["built-in", "fifo", "direct"] as const;
export type Side = (typeof allSides)[number];

export interface GroundOptions {
  /** Path of the engine's unix socket. */
  readonly socket: string;
  readonly sides?: readonly Side[];
  /** Whether the agents read their tasks' use all the time; they do not when missing. */
  readonly metrics?: boolean;
  /** Ends the server, so that what waits for it rejects. */
  readonly signal: AbortSignal;
}

/** One server and a client for each side, on the same engine at the same time. */
export class NomadGround implements AsyncDisposable {
  readonly #socket: string;
  readonly #owned: AsyncDisposable[] = [];
  readonly #clients = new Map<Side, NomadClient>();
  #server: NomadServer | undefined;
  #image = "";
  #jobs = 0;

  private constructor(socket: string) {
    this.#socket = socket;
  }

  /** Resolves when all nodes are ready. */
  static async open(options: GroundOptions): Promise<NomadGround> {
    const ground = new NomadGround(options.socket);
    try {
      await ground.#start(options);
    } catch (error) {
      await ground[Symbol.asyncDispose]();
      throw error;
    }
    return ground;
  }

  /** What the tasks run in. */
  get image(): string {
    return this.#image;
  }

  get server(): NomadServer {
    if (this.#server === undefined) throw new Error("the server has not been started");
    return this.#server;
  }

  client(side: Side): NomadClient {
    const client = this.#clients.get(side);
    if (client === undefined) throw new Error(`there is no client for ${side}`);
    return client;
  }

  /** Runs a job of so many tasks; resolves with its allocations when all run or, with `ended`, have ended. */
  async run(side: Side, job: { readonly count: number; readonly script: string; readonly ended?: boolean }) {
    const id = `bench-${side}-${this.#jobs++}`;
    const { count, script, ended = false } = job;
    const { api } = this.server;
    await api.put("/v1/jobs", toRegistration({ id, count, script, image: this.#image, node: side }));
    const isThere = (alloc: AllocStub) => (ended ? hasEnded(alloc) : isRunning(alloc));
    const allocs = await api.until<readonly AllocStub[]>(
      `/v1/job/${id}/allocations`,
      (all) => all.length >= count && all.every((alloc) => isThere(alloc) || failed(alloc)),
    );
    const lost = allocs.find(failed);
    if (lost !== undefined) throw new Error(`a task of ${side} failed: ${JSON.stringify(lost.TaskStates)}`);
    return { id, allocs };
  }

  /** Ends a job and resolves when nothing of it runs. */
  async stop(jobId: string): Promise<void> {
    const { api } = this.server;
    await this.server.nomad(["job", "stop", "-detach", jobId]);
    await api.until<readonly AllocStub[]>(`/v1/job/${jobId}/allocations`, (all) => all.every(hasEnded));
  }

  /** Ends all and removes what it has made; rejects after that with what went wrong first. */
  async [Symbol.asyncDispose](): Promise<void> {
    const failures: unknown[] = [];
    for (const each of this.#owned.splice(0).reverse())
      await Promise.resolve(each[Symbol.asyncDispose]()).catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  }

  async #start({ socket, sides = allSides, metrics = false, signal }: GroundOptions): Promise<void> {
    const tag = randomUUID().slice(0, 8);
    this.#image = await importImage(socket, { name: "longshore-bench/nomad", tag });
    this.#owned.push({ [Symbol.asyncDispose]: async () => await removeImage(this.#socket, this.#image) });
    const server = await NomadServer.start();
    this.#server = server;
    this.#owned.push(server);
    signal.addEventListener("abort", () => void server[Symbol.asyncDispose](), { once: true });
    for (const side of sides) {
      signal.throwIfAborted();
      const driver = side === "built-in" ? "built-in" : "longshore";
      const docker = side === "direct" ? "logs {\n direct = true\n max_file_size = 20\n}" : "";
      const client = await NomadClient.start(server, { socket, name: side, driver, docker, metrics });
      this.#owned.push(client);
      this.#clients.set(side, client);
    }
  }
}

function failed({ ClientStatus }: AllocStub): boolean {
  return ClientStatus === "failed" || ClientStatus === "lost";
}
