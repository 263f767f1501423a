import { LongshoreError } from "../task/index.ts";
import type { IdleLimit } from "./call-guard.ts";
import type { EngineClient } from "./client.ts";
import type { Engine, PullOptions, RegistryAuth } from "./engine.ts";
import type { ImageInspect } from "./engine-types.ts";
import { hideLogin } from "./hide-login.ts";
import { parseJsonLine, readLines } from "./json-lines.ts";
import { toPullError } from "./pull-errors.ts";
import { PullMeter } from "./pull-meter.ts";

type ImageCalls = Pick<Engine, "inspectImage" | "pullImage" | "loadImage" | "removeImage">;

/** The engine's calls about images. */
export function createImageCalls(client: EngineClient): ImageCalls {
  return {
    inspectImage(reference, options) {
      return client.json<ImageInspect>({
        method: "GET",
        path: "/images/{id}/json",
        id: reference,
        what: `inspect image "${reference}"`,
        timeoutMs: client.callTimeoutMs,
        ...options,
      });
    },
    pullImage: (reference, options) => pullImage(client, reference, options ?? {}),
    loadImage: (archive, options) => loadImage(client, archive, options?.signal),
    async removeImage(reference, options) {
      await client.done({
        method: "DELETE",
        path: "/images/{id}",
        id: reference,
        what: `remove image "${reference}"`,
        query: { force: options?.force === true ? 1 : undefined },
        timeoutMs: client.callTimeoutMs * 5,
        signal: options?.signal,
      });
    },
  };
}

type PullReference = Parameters<Engine["pullImage"]>[0];

async function pullImage(
  client: EngineClient,
  reference: PullReference,
  options: PullOptions,
): Promise<void> {
  const separator = reference.tagOrDigest.includes(":") ? "@" : ":";
  const image = `${reference.name}${separator}${reference.tagOrDigest}`;
  const what = `pull image "${image}"`;
  const { auth } = options;
  const login = auth === undefined ? undefined : toAuthHeader(auth);
  try {
    const answer = await client.send({
      method: "POST",
      path: "/images/create",
      what,
      query: { fromImage: reference.name, tag: reference.tagOrDigest },
      headers: login === undefined ? undefined : { "X-Registry-Auth": login },
      idle: toIdleLimit(what, options.activityTimeoutMs),
      stream: true,
      signal: options.signal,
    });
    const meter = new PullMeter(image, options.onProgress);
    for await (const line of readLines(answer.chunks)) {
      const message = parseJsonLine(what, line) as PullMessage;
      if (message.error !== undefined) throw new LongshoreError("internal", message.error);
      meter.take(message);
    }
    meter.finish();
  } catch (error) {
    const told = toPullError(image, error);
    throw auth === undefined || login === undefined ? told : hideLogin(told, auth, login);
  }
}

interface PullMessage {
  readonly id?: string;
  readonly status?: string;
  readonly error?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
}

function toIdleLimit(what: string, timeoutMs: number | undefined): IdleLimit | undefined {
  if (timeoutMs === undefined) return undefined;
  const why = `nothing came from the registry for ${timeoutMs / 1000} s`;
  const hint = "Is the registry reachable from this machine? pull_activity_timeout sets how long to wait.";
  return { timeoutMs, toError: () => new LongshoreError("timeout", `Cannot ${what}: ${why}`, { hint }) };
}

function toAuthHeader(auth: RegistryAuth): string {
  const fields = {
    username: auth.username,
    password: auth.password,
    identitytoken: auth.identityToken,
    registrytoken: auth.registryToken,
    serveraddress: auth.serverAddress,
  };
  // The engine wants the padding that Node's own base64url leaves out, and pulls without a login otherwise.
  return Buffer.from(JSON.stringify(fields)).toString("base64").replaceAll("+", "-").replaceAll("/", "_");
}

async function loadImage(
  client: EngineClient,
  archive: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const what = "load an image archive";
  const answer = await client.send({
    method: "POST",
    path: "/images/load",
    what,
    query: { quiet: 1 },
    headers: { "Content-Type": "application/x-tar" },
    body: archive,
    stream: true,
    signal,
  });
  const references: string[] = [];
  for await (const line of readLines(answer.chunks)) {
    const message = parseJsonLine(what, line) as { stream?: string; error?: string };
    if (message.error !== undefined) throw toLoadError(message.error);
    const reference = /^Loaded image(?: ID)?: (\S+)/.exec(message.stream ?? "")?.[1];
    if (reference !== undefined) references.push(reference);
  }
  return references;
}

function toLoadError(words: string): LongshoreError {
  return new LongshoreError("invalid", `Cannot load an image archive: ${words}`, {
    hint: "Is it an archive of `docker save`?",
  });
}
