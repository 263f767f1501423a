import { isLongshoreError } from "../task/index.ts";
import { compareApiVersions } from "./api-version.ts";
import type { EngineClient } from "./client.ts";
import type { Engine } from "./engine.ts";
import type { ContainerInspect, ContainerSummary, StatsSample } from "./engine-types.ts";
import { readLogs } from "./log-stream.ts";

type ContainerCalls = Pick<
  Engine,
  | "createContainer"
  | "startContainer"
  | "inspectContainer"
  | "listContainers"
  | "stopContainer"
  | "killContainer"
  | "unpauseContainer"
  | "removeContainer"
  | "containerLogs"
  | "containerStats"
>;

/** The engine takes longer over these when its disk is busy. */
const slowFactor = 5;

/** The engine's calls about containers. */
export function createContainerCalls(client: EngineClient): ContainerCalls {
  const timeoutMs = client.callTimeoutMs;
  const slowMs = timeoutMs * slowFactor;
  return {
    async createContainer(name, request, options) {
      const answer = await client.json<{ Id: string; Warnings: readonly string[] | null }>({
        method: "POST",
        path: "/containers/create",
        what: `create container "${name}"`,
        query: { name },
        json: request,
        timeoutMs: slowMs,
        ...options,
      });
      return { id: answer.Id, warnings: answer.Warnings ?? [] };
    },
    async startContainer(id, options) {
      const what = `start container ${toShortId(id)}`;
      const path = "/containers/{id}/start";
      await client.done({ method: "POST", path, id, what, accept: [304], timeoutMs: slowMs, ...options });
    },
    inspectContainer(id, options) {
      const what = `inspect container ${toShortId(id)}`;
      const path = "/containers/{id}/json";
      return client.json<ContainerInspect>({ method: "GET", path, id, what, timeoutMs, ...options });
    },
    listContainers(options) {
      const { labels, states } = options ?? {};
      const filters =
        labels === undefined && states === undefined
          ? undefined
          : JSON.stringify({ label: labels, status: states });
      return client.json<readonly ContainerSummary[]>({
        method: "GET",
        path: "/containers/json",
        what: "list containers",
        query: { all: options?.all === true ? 1 : undefined, filters },
        timeoutMs,
        signal: options?.signal,
      });
    },
    stopContainer: (id, options) => stopContainer(client, id, options ?? {}),
    async killContainer(id, signal, options) {
      const what = `send ${signal} to container ${toShortId(id)}`;
      const path = "/containers/{id}/kill";
      await client.done({ method: "POST", path, id, what, query: { signal }, timeoutMs, ...options });
    },
    async unpauseContainer(id, options) {
      const what = `unpause container ${toShortId(id)}`;
      const path = "/containers/{id}/unpause";
      await client.done({ method: "POST", path, id, what, timeoutMs, ...options });
    },
    async removeContainer(id, options) {
      await client.done({
        method: "DELETE",
        path: "/containers/{id}",
        id,
        what: `remove container ${toShortId(id)}`,
        query: { v: 1, force: options?.force === true ? 1 : undefined },
        accept: [404],
        timeoutMs: slowMs,
        signal: options?.signal,
      });
    },
    containerLogs: (id, options) =>
      readLogs(client, { id, what: `read the logs of container ${toShortId(id)}` }, options),
    async containerStats(id, options) {
      return client.json<StatsSample>({
        method: "GET",
        path: "/containers/{id}/stats",
        id,
        what: `read the stats of container ${toShortId(id)}`,
        // Engines before API 1.41 ignore one-shot and take a second for their two samples.
        query: { stream: false, "one-shot": true },
        timeoutMs,
        ...options,
      });
    },
  };
}

type StopOptions = NonNullable<Parameters<Engine["stopContainer"]>[1]>;

async function stopContainer(client: EngineClient, id: string, options: StopOptions): Promise<void> {
  const { killSignal, signal } = options;
  if (killSignal !== undefined && compareApiVersions(await client.apiVersion({ signal }), "1.42") < 0) {
    return stopWithSignal(client, id, killSignal, options);
  }
  const seconds = options.graceMs === undefined ? undefined : Math.ceil(options.graceMs / 1000);
  await client.done({
    method: "POST",
    path: "/containers/{id}/stop",
    id,
    what: `stop container ${toShortId(id)}`,
    query: { t: seconds, signal: killSignal },
    accept: [304],
    // Without a grace of ours the container's own holds, and that may be anything.
    timeoutMs:
      options.graceMs === undefined ? undefined : options.graceMs + client.callTimeoutMs * slowFactor,
    signal,
  });
}

/** Engines before API 1.42 know no signal for a stop: the same in three calls, the last only when needed. */
async function stopWithSignal(
  client: EngineClient,
  id: string,
  killSignal: string,
  options: StopOptions,
): Promise<void> {
  const { signal } = options;
  if (!(await killIfRunning(client, id, killSignal, signal))) return;
  if (await waitUntilStopped(client, id, options.graceMs ?? 10_000, signal)) return;
  await killIfRunning(client, id, "SIGKILL", signal);
  await waitUntilStopped(client, id, client.callTimeoutMs * slowFactor, signal);
}

/** False when the container does not run. */
async function killIfRunning(
  client: EngineClient,
  id: string,
  name: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const status = await client.done({
    method: "POST",
    path: "/containers/{id}/kill",
    id,
    what: `send ${name} to container ${toShortId(id)}`,
    query: { signal: name },
    accept: [409],
    timeoutMs: client.callTimeoutMs,
    signal,
  });
  return status !== 409;
}

/** False when it still runs after the time; rejects with `canceled` when the caller gives up. */
async function waitUntilStopped(
  client: EngineClient,
  id: string,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const call = { method: "POST", path: "/containers/{id}/wait", id, stream: true, signal } as const;
  try {
    await client.done({
      ...call,
      what: `wait for container ${toShortId(id)}`,
      timeoutMs: Math.max(timeoutMs, 1),
    });
    return true;
  } catch (error) {
    if (isLongshoreError(error, "timeout")) return false;
    throw error;
  }
}

/** Ids as the docker command shows them; names stay whole. */
export function toShortId(id: string): string {
  return /^[0-9a-f]{64}$/.test(id) ? id.slice(0, 12) : `"${id}"`;
}
