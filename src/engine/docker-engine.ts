import { LongshoreError } from "../task/index.ts";
import type { EngineClient, EngineOptions } from "./client.ts";
import { createClient } from "./client.ts";
import { createContainerCalls } from "./container-calls.ts";
import type { Engine } from "./engine.ts";
import type { EngineEvent, EngineInfo, NetworkInspect } from "./engine-types.ts";
import { createExecCalls } from "./exec-calls.ts";
import { createImageCalls } from "./image-calls.ts";
import { parseJsonLine, readLines } from "./json-lines.ts";
import { toEngineTime } from "./timestamps.ts";

/**
 * The Docker Engine at an endpoint, over HTTP. Opens nothing until the first call; disposing ends all calls and
 * streams. Throws `invalid` for an endpoint or TLS options that do not hold.
 */
export function createEngine(options: EngineOptions): Engine {
  const client = createClient(options);
  const timeoutMs = client.callTimeoutMs;
  return {
    endpoint: client.endpoint,
    calls: client.calls,
    apiVersion: (call) => client.apiVersion(call),
    version: (call) => client.version(call),
    info: (call) =>
      client.json<EngineInfo>({
        method: "GET",
        path: "/info",
        what: "ask the engine about itself",
        timeoutMs,
        ...call,
      }),
    async ping(call) {
      await client.done({ method: "GET", path: "/_ping", what: "reach the engine", timeoutMs, ...call });
    },
    inspectNetwork(name, call) {
      const what = `inspect network "${name}"`;
      const path = "/networks/{id}";
      return client.json<NetworkInspect>({ method: "GET", path, id: name, what, timeoutMs, ...call });
    },
    ...createContainerCalls(client),
    ...createImageCalls(client),
    ...createExecCalls(client),
    events: (call) => readEvents(client, call),
    async [Symbol.asyncDispose]() {
      client[Symbol.dispose]();
    },
  };
}

async function* readEvents(
  client: EngineClient,
  options: Parameters<Engine["events"]>[0],
): AsyncGenerator<EngineEvent> {
  const what = "follow the engine's events";
  // The engine answers before it has subscribed; only with `since` does it look back over that gap.
  const sinceNs = options.sinceNs ?? BigInt(Date.now()) * 1_000_000n;
  const answer = await client.send({
    method: "GET",
    path: "/events",
    what,
    query: {
      since: toEngineTime(sinceNs),
      filters: options.filters === undefined ? undefined : JSON.stringify(options.filters),
    },
    stream: true,
    openTimeoutMs: client.callTimeoutMs,
    signal: options.signal,
  });
  options.onOpen?.();
  for await (const line of readLines(answer.chunks)) yield toEvent(line, what);
  client.forget();
  throw new LongshoreError("unavailable", `Cannot ${what}: the engine closed the connection`);
}

interface RawEvent extends Omit<EngineEvent, "timeNs"> {
  readonly time?: number;
  readonly error?: string;
}

function toEvent(line: string, what: string): EngineEvent {
  const raw = parseJsonLine(what, line) as RawEvent;
  if (raw.error !== undefined) throw new LongshoreError("internal", `Cannot ${what}: ${raw.error}`);
  // JSON.parse would round it. Within a JSON string the quotes would be escaped, so this finds the field only.
  const nanos = /"timeNano"\s*:\s*(\d+)/.exec(line)?.[1];
  const timeNs = nanos === undefined ? BigInt(raw.time ?? 0) * 1_000_000_000n : BigInt(nanos);
  return { Type: raw.Type, Action: raw.Action, Actor: raw.Actor, timeNs };
}
