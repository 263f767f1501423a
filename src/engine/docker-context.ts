import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { errorMessage, LongshoreError } from "../task/index.ts";
import type { EngineTls } from "./connection.ts";

export interface ContextSearch {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDir: string;
}

/** An engine's endpoint, its TLS files, and why it was chosen, in a sentence. */
export interface FoundEndpoint {
  readonly endpoint: string;
  readonly tls?: EngineTls | undefined;
  /** A sentence: which endpoint, and why this one. */
  readonly reason: string;
}

/**
 * The endpoint of the docker command's current context (`DOCKER_CONTEXT`, else `currentContext` of its config
 * file); undefined when that is the default one. Throws `invalid` when the files do not hold.
 */
export function findContextEndpoint(search: ContextSearch): FoundEndpoint | undefined {
  const folder = search.env.DOCKER_CONFIG || join(search.homeDir, ".docker");
  const fromEnv = search.env.DOCKER_CONTEXT;
  const configFile = join(folder, "config.json");
  const name = fromEnv || readCurrentContext(configFile);
  if (!name || name === "default") return undefined;
  const source = fromEnv ? "DOCKER_CONTEXT names it" : "it is the docker command's current one";
  const id = createHash("sha256").update(name).digest("hex");
  const metaFile = join(folder, "contexts", "meta", id, "meta.json");
  if (!existsSync(metaFile)) {
    throw new LongshoreError("invalid", `Docker context "${name}" does not exist, but ${source}`, {
      hint: "`docker context ls` shows those that do; `docker context use default` goes back to the system's engine.",
    });
  }
  const endpoint = toRecord(toRecord(toRecord(readJson(metaFile))?.Endpoints)?.docker);
  const host = endpoint?.Host;
  if (typeof host !== "string" || host === "") {
    throw new LongshoreError("invalid", `Docker context "${name}" has no Docker endpoint (${metaFile})`, {
      hint: `See \`docker context inspect ${name}\`.`,
    });
  }
  const tls = findTls(join(folder, "contexts", "tls", id, "docker"), endpoint?.SkipTLSVerify === true);
  return { endpoint: host, tls, reason: `${host}, from the docker context "${name}": ${source}.` };
}

function readCurrentContext(configFile: string): string | undefined {
  if (!existsSync(configFile)) return undefined;
  const name = toRecord(readJson(configFile))?.currentContext;
  return typeof name === "string" ? name : undefined;
}

function findTls(folder: string, skipVerify: boolean): EngineTls | undefined {
  const [ca, cert, key] = ["ca.pem", "cert.pem", "key.pem"].map((name) => {
    const path = join(folder, name);
    return existsSync(path) ? path : undefined;
  });
  if (ca === undefined && cert === undefined && key === undefined && !skipVerify) return undefined;
  return { ca, cert, key, verify: !skipVerify };
}

function readJson(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    const why = errorMessage(cause);
    throw new LongshoreError("invalid", `Cannot read the docker command's file "${path}": ${why}`, {
      cause,
      hint: "Set DOCKER_HOST, or see who may read the file.",
    });
  }
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message quotes the text, and config.json holds logins; so it is no cause either.
    throw new LongshoreError("invalid", `The docker command's file "${path}" is not valid JSON`, {
      hint: "Mend the file, or set DOCKER_HOST to go around it.",
    });
  }
}

function toRecord(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
}
