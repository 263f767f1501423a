import { randomBytes, randomUUID } from "node:crypto";
import { busyboxRootfs } from "../../scripts/busybox-rootfs.mjs";
import { callEngineOk } from "../../scripts/engine-api.mjs";
import { type TarEntry, writeTar } from "../../scripts/tar.mjs";

export interface ImageContent {
  /** Without busybox: much quicker to make, to pull and to unpack, for an image that nothing is run from. */
  readonly bare?: boolean;
  /** Files on top of busybox. */
  readonly files?: readonly TarEntry[];
  /** Incompressible bytes to carry in `/ballast`, for pulls that take their time. */
  readonly ballastBytes?: number;
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly stopSignal?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** The config of an image, as the OCI image specification has it; each call makes another image id. */
export function toImageConfig(content: ImageContent): Record<string, unknown> {
  return {
    Env: ["PATH=/bin:/usr/bin"],
    Cmd: content.command ?? ["sh"],
    ...(content.entrypoint === undefined ? {} : { Entrypoint: content.entrypoint }),
    ...(content.stopSignal === undefined ? {} : { StopSignal: content.stopSignal }),
    Labels: { "longshore-test.image": randomUUID(), ...content.labels },
  };
}

/** The tar archive of an image's one layer. */
export async function toLayer(content: ImageContent): Promise<Buffer> {
  const ballast = content.ballastBytes ?? 0;
  const unique: TarEntry = { path: "etc/image-id", type: "file", mode: 0o644, data: randomBytes(16) };
  const heavy: TarEntry[] =
    ballast === 0 ? [] : [{ path: "ballast", type: "file", mode: 0o644, data: randomBytes(ballast) }];
  const entries = [unique, ...heavy, ...(content.files ?? [])];
  return content.bare === true ? writeTar(entries) : await busyboxRootfs(entries);
}

/**
 * Makes an image of its own (no layer or id shared with another) on an engine, without a registry.
 * Answers its reference; the caller removes it with {@link removeImage}.
 */
export async function importImage(
  socket: string,
  reference: { readonly name: string; readonly tag: string },
  content: ImageContent = {},
): Promise<string> {
  const config = toImageConfig(content);
  const changes = Object.entries({
    CMD: JSON.stringify(config.Cmd),
    ENV: "PATH=/bin:/usr/bin",
    ENTRYPOINT: content.entrypoint === undefined ? undefined : JSON.stringify(content.entrypoint),
    STOPSIGNAL: content.stopSignal,
    LABEL: Object.entries(config.Labels as Record<string, string>)
      .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
      .join(" "),
  });
  const query = new URLSearchParams({ fromSrc: "-", repo: reference.name, tag: reference.tag });
  for (const [key, value] of changes) if (value !== undefined) query.append("changes", `${key} ${value}`);
  await callEngineOk(socket, "POST", `/images/create?${query}`, { body: await toLayer(content) });
  return `${reference.name}:${reference.tag}`;
}

/** Removes an image by reference; gone already is fine. */
export async function removeImage(socket: string, reference: string): Promise<void> {
  await callEngineOk(socket, "DELETE", `/images/${reference}?force=true`).catch((error: unknown) => {
    if (!(error instanceof Error && error.message.includes("answered 404"))) throw error;
  });
}
