import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { type ImageContent, toImageConfig, toLayer } from "./images.ts";

const types = {
  manifest: "application/vnd.docker.distribution.manifest.v2+json",
  config: "application/vnd.docker.container.image.v1+json",
  layer: "application/vnd.docker.image.rootfs.diff.tar.gzip",
};

export interface PushTarget {
  /** `127.0.0.1:PORT` */
  readonly registry: string;
  /** Repository, for example `library/redis`. */
  readonly name: string;
  readonly tag: string;
  readonly auth?: { readonly username: string; readonly password: string } | undefined;
}

export interface PushedImage {
  /** `127.0.0.1:PORT/name:tag` */
  readonly reference: string;
  /** Digest of the manifest, `sha256:…`. */
  readonly digest: string;
}

/**
 * Makes an image of its own and puts it into a registry over HTTP, so that no engine has it yet.
 * `layers` adds as many layers of `ballastBytes` each.
 */
export async function pushImage(
  target: PushTarget,
  content: ImageContent & { readonly layers?: number } = {},
): Promise<PushedImage> {
  const archives = [await toLayer(content)];
  for (let n = 1; n < (content.layers ?? 1); n++) archives.push(await toLayer(content));
  const layers = await Promise.all(
    archives.map(async (archive) => await promisify(gzip)(archive, { level: 1 })),
  );
  const config = Buffer.from(
    JSON.stringify({
      architecture: process.arch === "arm64" ? "arm64" : "amd64",
      os: "linux",
      created: new Date().toISOString(),
      config: toImageConfig(content),
      rootfs: { type: "layers", diff_ids: archives.map(toDigest) },
    }),
  );
  for (const blob of [config, ...layers]) await pushBlob(target, blob);
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: types.manifest,
    config: { mediaType: types.config, size: config.length, digest: toDigest(config) },
    layers: layers.map((layer) => ({ mediaType: types.layer, size: layer.length, digest: toDigest(layer) })),
  });
  await send(target, "PUT", `manifests/${target.tag}`, types.manifest, Buffer.from(manifest));
  return {
    reference: `${target.registry}/${target.name}:${target.tag}`,
    digest: toDigest(Buffer.from(manifest)),
  };
}

function toDigest(data: Uint8Array): string {
  return `sha256:${createHash("sha256").update(data).digest("hex")}`;
}

async function pushBlob(target: PushTarget, blob: Buffer): Promise<void> {
  const opened = await send(target, "POST", "blobs/uploads/", "application/octet-stream");
  const location = new URL(opened.headers.get("location") ?? "", `http://${target.registry}`);
  location.searchParams.set("digest", toDigest(blob));
  await send(target, "PUT", location, "application/octet-stream", blob);
}

async function send(
  target: PushTarget,
  method: string,
  path: string | URL,
  type: string,
  body?: Buffer,
): Promise<Response> {
  const url = path instanceof URL ? path : `http://${target.registry}/v2/${target.name}/${path}`;
  const headers: Record<string, string> = { "content-type": type };
  if (target.auth !== undefined) {
    const login = Buffer.from(`${target.auth.username}:${target.auth.password}`).toString("base64");
    headers.authorization = `Basic ${login}`;
  }
  const answer = await fetch(url, {
    method,
    headers,
    body: body === undefined ? null : new Uint8Array(body),
  });
  if (!answer.ok) throw new Error(`${method} ${url} answered ${answer.status}: ${await answer.text()}`);
  return answer;
}
