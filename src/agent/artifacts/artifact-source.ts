import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import type { Artifact } from "../../jobfile/job.ts";
import type { LongshoreError } from "../../task/index.ts";
import { type Checksum, parseChecksum } from "./checksum.ts";
import { createFail, type Fail, refuseUnknown } from "./source-fault.ts";

export type ArchiveKind = "tar" | "tar.gz" | "zip" | "gz";

/** Where an artifact comes from and what is to be done with it. */
export interface ArtifactSource {
  readonly from:
    | { readonly type: "http"; readonly url: URL }
    | { readonly type: "path"; readonly path: string };
  readonly fileName: string;
  readonly checksum: Checksum | undefined;
  /** How to unpack it; undefined to keep it as it is. */
  readonly archive: ArchiveKind | undefined;
}

const endings: readonly (readonly [string, ArchiveKind])[] = [
  [".tar.gz", "tar.gz"],
  [".tgz", "tar.gz"],
  [".tar", "tar"],
  [".zip", "zip"],
  [".gz", "gz"],
];
const unknownEndings = [".tar.bz2", ".tbz2", ".bz2", ".tar.xz", ".txz", ".xz", ".tar.zst", ".tzst", ".zst"];
const fileOptions: ReadonlySet<string> = new Set(["checksum", "archive", "filename"]);

/**
 * Reads an artifact's source as Nomad's go-getter does, as far as files and HTTP go. `checksum`, `archive` and
 * `filename` come from the options, or from the address's query. Throws `invalid` for what one machine does not do.
 */
export function parseArtifactSource(
  source: string,
  options: Readonly<Record<string, string>>,
): ArtifactSource {
  const fail = createFail(source);
  refuseUnknown(options, fileOptions, fail);
  const { from, query } = parseFrom(source, fail);
  const setting = (name: string): string | undefined => options[name] ?? query.get(name) ?? undefined;
  const path = from.type === "http" ? decodePath(from.url.pathname) : from.path;
  const fileName = setting("filename") ?? basename(path);
  const checksum = setting("checksum");
  return {
    from,
    fileName: fileName === "" || fileName === "." || fileName === ".." ? "artifact" : basename(fileName),
    checksum: checksum === undefined ? undefined : parseChecksum(checksum, fail),
    archive: toArchive(setting("archive"), path, fail),
  };
}

/** Throws `invalid` where what a source gives and the artifact's mode do not go together. */
export function checkMode(mode: Artifact["mode"], { archive, from }: ArtifactSource, source: string): void {
  const fail = createFail(source);
  if (mode === "file" && archive !== undefined)
    throw fail(
      'mode "file" and an archive do not go together',
      'Set the option archive = false to keep the archive as one file, or mode = "dir" to unpack it.',
    );
  if (mode === "dir" && archive === undefined && from.type === "http")
    throw fail('mode "dir" needs an archive', 'Use mode = "file" or "any" for a single file.');
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function parseFrom(source: string, fail: Fail): { from: ArtifactSource["from"]; query: URLSearchParams } {
  const [, getter] = /^([A-Za-z0-9]+)::/.exec(source) ?? [];
  if (getter !== undefined && !["http", "https", "file"].includes(getter)) throw unsupported(getter, fail);
  const bare = getter === undefined ? source : source.slice(getter.length + 2);
  const [, scheme] = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(bare) ?? [];
  if (scheme === "http" || scheme === "https") return parseHttp(bare, fail);
  if (scheme === "file")
    return { from: { type: "path", path: fileURLToPath(bare) }, query: new URLSearchParams() };
  if (scheme !== undefined) throw unsupported(scheme, fail);
  return { from: { type: "path", path: bare }, query: new URLSearchParams() };
}

function parseHttp(text: string, fail: Fail): { from: ArtifactSource["from"]; query: URLSearchParams } {
  if (!URL.canParse(text)) throw fail("it is no valid address");
  const url = new URL(text);
  if (url.pathname.includes("//"))
    throw fail("a part of an archive (`//folder`) cannot be fetched alone", "Fetch the whole archive.");
  const query = new URLSearchParams(url.searchParams);
  // These are for us, not for the server.
  for (const name of fileOptions) url.searchParams.delete(name);
  return { from: { type: "http", url }, query };
}

function unsupported(getter: string, fail: Fail): LongshoreError {
  return fail(
    `"${getter}" sources are not supported`,
    "Use a file path, an http or https address, or git:: with a repository.",
  );
}

function toArchive(setting: string | undefined, path: string, fail: Fail): ArchiveKind | undefined {
  if (setting === "false" || setting === "0") return undefined;
  const wanted = setting === undefined || setting === "true" || setting === "1" ? path : `.${setting}`;
  const found = endings.find(([ending]) => wanted.toLowerCase().endsWith(ending))?.[1];
  if (found !== undefined) return found;
  const unknown = unknownEndings.find((ending) => wanted.toLowerCase().endsWith(ending));
  if (unknown === undefined && wanted === path) return undefined;
  throw fail(
    `archives of type "${unknown?.slice(1) ?? setting}" cannot be unpacked`,
    "Use tar, tar.gz, gz or zip, or set archive = false to keep the file as it is.",
  );
}
