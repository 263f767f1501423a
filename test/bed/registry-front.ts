import { EventEmitter, once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { type Fault, serve } from "./faults.ts";
import { abortable } from "./until.ts";

/** A request to a registry as the front saw it. */
export interface RegistryRequest {
  readonly method: string;
  /** For example `/v2/busybox/manifests/1`. */
  readonly path: string;
  readonly kind: "ping" | "manifest" | "blob" | "other";
  readonly authorization: string | undefined;
  /** How many of this kind there were, this one included. */
  readonly count: number;
}

/** What happens to a request; everything passes without it. It may wait. */
export type RegistryScript = (request: RegistryRequest) => Fault | Promise<Fault>;

/** A registry's front door on which things go wrong as the test wants. */
export interface RegistryFront extends AsyncDisposable {
  /** `127.0.0.1:PORT`; images of the registry behind are pulled through it. */
  readonly host: string;
  /** Requests so far, oldest first. */
  readonly requests: readonly RegistryRequest[];
  /** Requests of a kind so far. */
  count(kind: RegistryRequest["kind"]): number;
  /** Takes the place of the script before; `undefined` lets all pass. */
  script(script: RegistryScript | undefined): void;
  /** The first request, past or to come, of this kind. Rejects with the signal's reason when it aborts. */
  seen(kind: RegistryRequest["kind"], options?: { readonly signal?: AbortSignal }): Promise<RegistryRequest>;
}

/** Starts a front on a free port of 127.0.0.1. `upstream` is the registry's `127.0.0.1:PORT`. */
export async function startRegistryFront(options: {
  readonly upstream: string;
  readonly script?: RegistryScript;
}): Promise<RegistryFront> {
  const [host, port] = options.upstream.split(":");
  const target = { host: host ?? "127.0.0.1", port: Number(port) };
  const events = new EventEmitter().setMaxListeners(0);
  const requests: RegistryRequest[] = [];
  const count = (kind: RegistryRequest["kind"]) => requests.filter((each) => each.kind === kind).length;
  let script = options.script;
  const server = createServer((incoming, response) => {
    const request = toRegistryRequest(incoming, count);
    requests.push(request);
    events.emit("request");
    void Promise.resolve(script?.(request) ?? "pass").then((fault) =>
      serve(incoming, response, fault, target),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    host: `127.0.0.1:${address.port}`,
    requests,
    count,
    script: (next) => {
      script = next;
    },
    async seen(kind, { signal } = {}) {
      for (;;) {
        const found = requests.find((request) => request.kind === kind);
        if (found !== undefined) return found;
        await abortable(once(events, "request"), signal);
      }
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function toRegistryRequest(
  incoming: IncomingMessage,
  count: (kind: RegistryRequest["kind"]) => number,
): RegistryRequest {
  const path = (incoming.url ?? "/").split("?")[0] ?? "/";
  const kind = toKind(path);
  const authorization = incoming.headers.authorization;
  return { method: incoming.method ?? "GET", path, kind, authorization, count: count(kind) + 1 };
}

function toKind(path: string): RegistryRequest["kind"] {
  if (path === "/v2/") return "ping";
  if (path.includes("/manifests/")) return "manifest";
  return path.includes("/blobs/") ? "blob" : "other";
}
