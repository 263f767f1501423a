import { readFile } from "node:fs/promises";
import type { RegistryAuth } from "../../engine/index.ts";
import { errorMessage, LongshoreError } from "../../task/index.ts";

/** Logins in a docker config file. */
export interface DockerConfig {
  /** The login kept in the file itself, by registry host or address. */
  findAuth(server: string): RegistryAuth | undefined;
  /** Name of the helper for this registry. */
  helperOf(server: string): string | undefined;
  /** Name of the helper for all registries. */
  readonly store: string | undefined;
}

/** Reads a docker config file (`~/.docker/config.json`). Rejects with `invalid`; no text of the file gets into errors. */
export async function readDockerConfig(path: string): Promise<DockerConfig> {
  const config = toRecord(parseJson(path, await readText(path)));
  if (config === undefined) throw broken(path, "it is not a JSON object");
  const auths = toRecord(config.auths) ?? {};
  const helpers = toRecord(config.credHelpers) ?? {};
  return {
    findAuth(server) {
      const key = findKey(auths, server);
      return key === undefined ? undefined : toAuth(path, key, toRecord(auths[key]) ?? {});
    },
    helperOf(server) {
      const key = findKey(helpers, server);
      return key === undefined ? undefined : toText(helpers[key]);
    },
    store: toText(config.credsStore),
  };
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const why = errorMessage(cause);
    throw new LongshoreError("invalid", `Cannot read the docker config file "${path}": ${why}`, {
      cause,
      hint: "Check auth.config in the agent's options and who may read the file.",
    });
  }
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message quotes the text, and with it a password; so it is no cause either.
    throw broken(path, "it is not valid JSON");
  }
}

function broken(path: string, why: string): LongshoreError {
  return new LongshoreError("invalid", `The docker config file "${path}" does not hold: ${why}`, {
    hint: "`docker login` writes one that does.",
  });
}

/** The key itself, else one that means the same host: `https://host/v1/` and `host`. */
function findKey(record: Readonly<Record<string, unknown>>, server: string): string | undefined {
  if (Object.hasOwn(record, server)) return server;
  return Object.keys(record).find((key) => toHost(key) === toHost(server));
}

function toHost(server: string): string {
  const host = server.replace(/^https?:\/\//, "").split("/")[0] ?? "";
  return host === "docker.io" ? "index.docker.io" : host;
}

function toAuth(
  path: string,
  key: string,
  entry: Readonly<Record<string, unknown>>,
): RegistryAuth | undefined {
  const [username, password] = decodeAuth(path, key, toText(entry.auth)) ?? [
    toText(entry.username),
    toText(entry.password),
  ];
  const identityToken = toText(entry.identitytoken);
  const registryToken = toText(entry.registrytoken);
  if (!username && !password && !identityToken && !registryToken) return undefined;
  return {
    username,
    password,
    identityToken,
    registryToken,
    serverAddress: toText(entry.serveraddress) ?? key,
  };
}

/** `base64(username:password)`, as the docker command keeps it. */
function decodeAuth(path: string, key: string, auth: string | undefined): [string, string] | undefined {
  if (auth === undefined) return undefined;
  const text = Buffer.from(auth, "base64").toString("utf8");
  const colon = text.indexOf(":");
  if (colon < 0) throw broken(path, `"auth" of "${key}" is not the base64 of username:password`);
  return [text.slice(0, colon), text.slice(colon + 1).replace(/\0+$/, "")];
}

function toRecord(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  return value as Record<string, unknown>;
}

function toText(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
