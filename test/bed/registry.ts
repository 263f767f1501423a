import { randomUUID } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findTool } from "../../scripts/tools.mjs";
import { freePort } from "./free-port.ts";
import { startProcess } from "./process.ts";

export interface RegistryOptions {
  /** Asks for {@link registryLogin} as HTTP basic login. */
  readonly auth?: "htpasswd" | undefined;
  /** Folder for its data, kept at the end; without it a temporary one, removed at the end. */
  readonly storage?: string | undefined;
  /** Makes it a mirror of this registry (`http://…`), as a pull-through cache. */
  readonly mirrorOf?: string | undefined;
}

export interface Registry extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly host: string;
}

/** The user of a registry that asks for a login. */
export const registryLogin = { username: "longshore", password: "open sesame" } as const;

// bcrypt of registryLogin's password; Node has no bcrypt and this is no secret.
const htpasswdLine = "longshore:$2b$05$abcdefghijklmnopqrstuupx2xBUC4954936wVIjyyPHmUBFu0wCW\n";

/** Starts a real registry on a free port of 127.0.0.1. Resolves when it answers; dispose it to end it. */
export async function startRegistry(options: RegistryOptions = {}): Promise<Registry> {
  const program = await findTool("docker-registry");
  if (program === undefined) throw new Error("docker-registry is not on this machine; `npm test` gets it");
  const folder = join(tmpdir(), `longshore-registry-${randomUUID()}`);
  await mkdir(folder, { recursive: true });
  const port = await freePort();
  const config = toConfig(options, { folder, port });
  await writeFile(join(folder, "htpasswd"), htpasswdLine);
  // YAML takes JSON.
  await writeFile(join(folder, "config.yml"), JSON.stringify(config));
  const child = await startProcess(program, ["serve", join(folder, "config.yml")], {
    logFile: join(folder, "log"),
    ready: async () => (await fetch(`http://127.0.0.1:${port}/v2/`)).status > 0,
  });
  return {
    host: `127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      await child.stop("SIGKILL");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function toConfig(options: RegistryOptions, at: { readonly folder: string; readonly port: number }): object {
  const auth = { htpasswd: { realm: "longshore-test", path: join(at.folder, "htpasswd") } };
  return {
    version: 0.1,
    log: { level: "warn", accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: options.storage ?? join(at.folder, "data") },
      delete: { enabled: true },
    },
    http: { addr: `127.0.0.1:${at.port}`, secret: "test" },
    ...(options.auth === undefined ? {} : { auth }),
    ...(options.mirrorOf === undefined ? {} : { proxy: { remoteurl: options.mirrorOf } }),
  };
}
