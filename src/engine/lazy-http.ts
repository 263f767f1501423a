import type { Agent, ClientRequest, RequestOptions } from "node:http";
import type { Connection } from "./connection.ts";

/** The engine drops idle connections after minutes; being first avoids requests on a dying one. */
const idleSocketMs = 30_000;

/**
 * Without TLS nobody asks for the server's name, which Node.js would find all the same: it looks whether the host is an
 * address by expressions that take 7 ms to compile.
 */
const noServerName = { servername: "" };

/** node:http or node:https with its agent; https is loaded only where TLS is spoken. */
export class LazyHttp {
  readonly #secure: boolean;
  #loaded: Promise<{ request: typeof import("node:http").request; agent: Agent }> | undefined;

  constructor(connection: Connection) {
    this.#secure = connection.protocol === "https:";
  }

  async request(options: RequestOptions, ownConnection: boolean): Promise<ClientRequest> {
    this.#loaded ??= this.#load();
    const { request, agent } = await this.#loaded;
    const name = this.#secure ? {} : noServerName;
    return request({ ...options, ...name, agent: ownConnection ? false : agent });
  }

  async #load() {
    const http = this.#secure ? await import("node:https") : await import("node:http");
    const agent = new http.Agent({ keepAlive: true, noDelay: true, timeout: idleSocketMs });
    return { request: http.request, agent };
  }

  close(): void {
    this.#loaded?.then(
      ({ agent }) => agent.destroy(),
      () => undefined,
    );
  }
}
