import { randomUUID } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { rename, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Fault, serve } from "./faults.ts";
import { abortable, type Deferred, deferred } from "./until.ts";

/** A request as the proxy saw it. */
export interface EngineRequest {
  readonly method: string;
  /** Without the API version and the query, for example `/containers/create`. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** How many requests of this method and path (ids not told apart) there were, this one included. */
  readonly count: number;
}

/** Decides on a request; it waits for a promise, so a rule can also hold a request until the test lets it go. */
export type EngineRule = (method: string, path: string, request: EngineRequest) => Fault | Promise<Fault>;

/** A socket in front of an engine on which things go wrong as the test wants. */
export interface FaultProxy extends AsyncDisposable {
  /** Path of the proxy's socket. */
  readonly socket: string;
  /** `unix://` and the path. */
  readonly endpoint: string;
  /** Requests so far by `METHOD /path` with ids as `{id}`, for example `POST /containers/{id}/start`. */
  readonly counts: ReadonlyMap<string, number>;
  /** Requests so far, oldest first. */
  readonly requests: readonly EngineRequest[];
  /** Takes the place of the rule before; `undefined` lets all pass. */
  rule(rule: EngineRule | undefined): void;
  /** Breaks every open connection; new ones are taken. */
  cut(): void;
  /** The engine is gone: open connections break, new ones are refused (`missing`: the socket file is gone too). */
  refuse(how: boolean | "missing"): Promise<void>;
  /** While true, connections are taken and no request is answered; held ones go on when it ends. */
  hang(on: boolean): void;
  /** The first request, past or to come, that matches. Rejects with the signal's reason when it aborts. */
  seen(
    method: string,
    path: string | RegExp,
    options?: { readonly signal?: AbortSignal },
  ): Promise<EngineRequest>;
}

/**
 * Starts a proxy on a unix socket of its own in front of `target`, the path of an engine's socket. Streams and
 * hijacked connections (attach, exec; with `Connection: Upgrade`, as all clients send it) pass through.
 */
export async function startFaultProxy(options: {
  readonly target: string;
  /** How many connections the system keeps for it until it takes them. */
  readonly backlog?: number;
}): Promise<FaultProxy> {
  const proxy = new EngineProxy(options.target, options.backlog);
  await proxy.listen();
  return proxy;
}

class EngineProxy implements FaultProxy {
  readonly socket = join(tmpdir(), `longshore-proxy-${randomUUID().slice(0, 13)}.sock`);
  readonly endpoint = `unix://${this.socket}`;
  readonly counts = new Map<string, number>();
  readonly requests: EngineRequest[] = [];
  readonly #target: string;
  readonly #backlog: number | undefined;
  readonly #events = new EventEmitter().setMaxListeners(0);
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #rule: EngineRule | undefined;
  #held: Deferred<void> | undefined;

  constructor(target: string, backlog: number | undefined) {
    this.#target = target;
    this.#backlog = backlog;
  }

  async listen(): Promise<void> {
    await rm(this.socket, { force: true });
    // An engine neither times requests out nor closes idle connections.
    const server = createServer({ requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0 });
    server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    server.on("request", (incoming, response) => {
      void this.#decide(incoming).then((fault) =>
        serve(incoming, response, fault, { socketPath: this.#target }),
      );
    });
    server.on("upgrade", (incoming, socket: Socket, head) => {
      void this.#decide(incoming).then((fault) => this.#upgrade(incoming, socket, head, fault));
    });
    server.listen({ path: this.socket, backlog: this.#backlog });
    await once(server, "listening");
    this.#server = server;
  }

  rule(rule: EngineRule | undefined): void {
    this.#rule = rule;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async refuse(how: boolean | "missing"): Promise<void> {
    if (how === false) {
      if (this.#server === undefined) await this.listen();
      return;
    }
    await this.#close();
    if (how === "missing") await rm(this.socket, { force: true });
  }

  hang(on: boolean): void {
    if (on) {
      this.#held ??= deferred();
    } else {
      this.#held?.resolve();
      this.#held = undefined;
    }
  }

  async seen(
    method: string,
    path: string | RegExp,
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<EngineRequest> {
    const matches = (request: EngineRequest) =>
      request.method === method &&
      (typeof path === "string" ? request.path === path : path.test(request.path));
    for (;;) {
      const found = this.requests.find(matches);
      if (found !== undefined) return found;
      await abortable(once(this.#events, "request"), options.signal);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.hang(false);
    await this.#close();
    await rm(this.socket, { force: true });
  }

  /** Node removes a socket's file when it closes; a name put back makes connecting fail as with a dead engine. */
  async #close(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const aside = `${this.socket}.aside`;
    await rename(this.socket, aside);
    const closed = once(server, "close");
    server.close();
    this.cut();
    await closed;
    await rename(aside, this.socket);
  }

  async #decide(incoming: IncomingMessage): Promise<Fault> {
    const request = this.#note(incoming);
    this.#events.emit("request");
    await this.#held?.promise;
    return (await this.#rule?.(request.method, request.path, request)) ?? "pass";
  }

  #note(incoming: IncomingMessage): EngineRequest {
    const url = new URL(incoming.url ?? "/", "http://docker");
    const method = incoming.method ?? "GET";
    const path = url.pathname.replace(/^\/v\d+\.\d+(?=\/)/, "");
    const key = `${method} ${toPattern(path)}`;
    const count = (this.counts.get(key) ?? 0) + 1;
    this.counts.set(key, count);
    const request = { method, path, query: url.searchParams, count };
    this.requests.push(request);
    return request;
  }

  #upgrade(incoming: IncomingMessage, socket: Socket, head: Buffer, fault: Fault): void {
    if (fault === "hang") return;
    if (typeof fault === "object" && "status" in fault) {
      const { status, body = "" } = fault;
      const text = typeof body === "string" ? body : JSON.stringify(body);
      socket.end(`HTTP/1.1 ${status} Fault\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
    } else if (fault === "pass") {
      tunnel(incoming, socket, head, this.#target);
    } else {
      socket.destroy();
    }
  }
}

/** `/containers/{id}/start`: what stands where an id or a name would is not told apart. */
function toPattern(path: string): string {
  const fixed = /^\/(containers|images|exec|networks|volumes)\/(create|json|prune|load|get|search)$/;
  if (fixed.test(path)) return path;
  if (path.startsWith("/images/"))
    return path.replace(/^\/images\/.*?(\/(?:json|push|tag|history|get))?$/, "/images/{id}$1");
  return path.replace(/^\/(containers|exec|networks|volumes)\/[^/]+/, "/$1/{id}");
}

function tunnel(incoming: IncomingMessage, socket: Socket, head: Buffer, target: string): void {
  const engine = connect({ path: target, allowHalfOpen: true });
  const headers: string[] = [];
  for (let n = 0; n < incoming.rawHeaders.length; n += 2) {
    headers.push(`${incoming.rawHeaders[n]}: ${incoming.rawHeaders[n + 1]}`);
  }
  engine.write(`${incoming.method} ${incoming.url} HTTP/1.1\r\n${headers.join("\r\n")}\r\n\r\n`);
  engine.write(head);
  engine.on("error", () => socket.destroy());
  engine.on("close", () => socket.destroySoon());
  socket.on("close", () => engine.destroy());
  engine.pipe(socket);
  socket.pipe(engine);
}
