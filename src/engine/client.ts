import { type CallOptions, type Logger, LongshoreError, silentLogger, unlessAborted } from "../task/index.ts";
import { negotiateApiVersion } from "./api-version.ts";
import type { Answer, Call } from "./call.ts";
import type { EngineTls } from "./connection.ts";
import { parseEndpoint } from "./connection.ts";
import type { EngineVersion } from "./engine.ts";
import { KnownEngine } from "./known-engine.ts";
import { createTransport } from "./transport.ts";

/** How to reach an engine. */
export interface EngineOptions {
  /** `unix:///var/run/docker.sock`, `tcp://host:2376`, `https://host`; see {@link parseEndpoint}. */
  readonly endpoint: string;
  readonly tls?: EngineTls | undefined;
  /** For calls that should be quick, milliseconds (60,000). Making, starting and removing get five times as much. */
  readonly callTimeoutMs?: number | undefined;
  /** Aborting closes the client with all of its calls. */
  readonly signal?: AbortSignal | undefined;
  readonly logger?: Logger | undefined;
}

/** Calls to one engine, in the API version agreed with it. */
export interface EngineClient extends Disposable {
  readonly endpoint: string;
  readonly calls: ReadonlyMap<string, number>;
  readonly callTimeoutMs: number;
  /** Newest API version that both sides know; asks the engine once and again after it went away. */
  apiVersion(options?: CallOptions): Promise<string>;
  version(options?: CallOptions): Promise<EngineVersion>;
  /** Sends a call; the answer's body must be read. */
  send(call: Call): Promise<Answer>;
  /** Sends a call and answers its JSON. */
  json<T>(call: Call): Promise<T>;
  /** Sends a call whose answer is its status. */
  done(call: Call): Promise<number>;
  upgrade(call: Call): ReturnType<ReturnType<typeof createTransport>["upgrade"]>;
  /** Forgets what was agreed, because the engine may have been replaced. */
  forget(): void;
}

interface RawVersion {
  readonly Version: string;
  readonly ApiVersion: string;
  readonly Os: string;
  readonly Arch: string;
}

/** Opens nothing until the first call. Throws `invalid` for an endpoint or TLS options that do not hold. */
export function createClient(options: EngineOptions): EngineClient {
  const { endpoint } = options;
  const callTimeoutMs = options.callTimeoutMs ?? 60_000;
  const known = new KnownEngine();
  const transport = createTransport({
    endpoint,
    connection: parseEndpoint(endpoint, options.tls),
    logger: options.logger ?? silentLogger,
    onLost: () => known.forget(),
    onApiVersion: (apiVersion) => known.see(apiVersion),
  });

  // A ping is about fifteen times cheaper for the engine than a version, which starts runc to ask for its own.
  async function askApiVersion(): Promise<string> {
    const what = "ask the engine for its API version";
    const answer = await transport.send(
      { method: "GET", path: "/_ping", what, timeoutMs: callTimeoutMs },
      "",
    );
    await answer.text();
    const header = answer.headers["api-version"];
    return negotiateApiVersion(typeof header === "string" ? header : (await askVersion()).ApiVersion);
  }

  async function askVersion(): Promise<RawVersion> {
    const what = "ask the engine for its version";
    const answer = await transport.send(
      { method: "GET", path: "/version", what, timeoutMs: callTimeoutMs },
      "",
    );
    return parseJson<RawVersion>(what, await answer.text());
  }

  async function askEngineVersion(): Promise<EngineVersion> {
    const raw = await askVersion();
    const apiVersion = negotiateApiVersion(raw.ApiVersion);
    return { version: raw.Version, apiVersion, os: raw.Os, arch: raw.Arch };
  }

  const apiVersion = (call?: CallOptions) =>
    unlessAborted(known.apiVersion(askApiVersion), call?.signal, "ask the engine for its API version");

  async function send(call: Call): Promise<Answer> {
    return transport.send(call, await apiVersion(call));
  }

  const client: EngineClient = {
    endpoint,
    calls: transport.calls,
    callTimeoutMs,
    apiVersion,
    version: (call) =>
      unlessAborted(known.version(askEngineVersion), call?.signal, "ask the engine for its version"),
    send,
    async json<T>(call: Call) {
      return parseJson<T>(call.what, await (await send(call)).text());
    },
    async done(call) {
      const answer = await send(call);
      await answer.text();
      return answer.status;
    },
    async upgrade(call) {
      return transport.upgrade(call, await apiVersion(call));
    },
    forget: () => known.forget(),
    [Symbol.dispose]() {
      options.signal?.removeEventListener("abort", close);
      transport[Symbol.dispose]();
    },
  };
  const close = () => client[Symbol.dispose]();
  options.signal?.addEventListener("abort", close, { once: true });
  return client;
}

/** Parses a whole JSON answer; `unavailable` when it is none, since then no engine answered. */
function parseJson<T>(what: string, text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new LongshoreError("unavailable", `Cannot ${what}: the answer is not JSON`, {
      cause,
      hint: "Is the endpoint a Docker engine?",
    });
  }
}
