import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, cp, open, rename, rm, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { Artifact } from "../../jobfile/job.ts";
import { errorCode, LongshoreError } from "../../task/index.ts";
import { interpolate, interpolateDeep, type Lookup } from "../interpolate.ts";
import { assertNoEscape, makeOpenFolder, type TaskRoots, toHostPath } from "../safe-path.ts";
import { toFileError } from "../to-error.ts";
import type { ArtifactLimits } from "./artifact-limits.ts";
import { type ArtifactSource, checkMode, parseArtifactSource } from "./artifact-source.ts";
import { startHash, verifyHash } from "./checksum.ts";
import { download } from "./download.ts";
import { fetchGit } from "./fetch-git.ts";
import { parseGitSource } from "./git-source.ts";
import { describeSource } from "./source-fault.ts";
import { unpack } from "./unpack.ts";

export interface FetchArtifactOptions {
  readonly roots: TaskRoots;
  /** Finds references with the folders of this machine. */
  readonly lookup: Lookup;
  readonly limits: ArtifactLimits;
  readonly signal: AbortSignal;
}

/**
 * Puts an artifact into the task's folder: an archive unpacked into its destination, any other file below it, or with
 * mode `file` under exactly that name. Nothing of a failed download or of one with a wrong checksum gets there.
 */
export async function fetchArtifact(artifact: Artifact, options: FetchArtifactOptions): Promise<void> {
  const { roots, lookup, limits, signal } = options;
  const text = interpolate(artifact.source, lookup);
  const settings = interpolateDeep(artifact.options, lookup);
  const name = describeSource(text);
  const what = `artifact "${name}"`;
  const destination = toHostPath(interpolate(artifact.destination, lookup), roots, what);
  await assertNoEscape(destination, roots, what);
  // The task's folder itself is not mounted into the container: no task sees half a file.
  const temporary = join(roots.taskDir, `.artifact-${randomUUID()}`);
  const repository = parseGitSource(text, settings);
  if (repository !== undefined) {
    if (artifact.mode === "file") throw fileWanted(`${what}: mode "file", and it is a repository`);
    return await fetchGit(repository, { temporary, destination, limits, source: name, signal });
  }
  const source = parseArtifactSource(text, settings);
  checkMode(artifact.mode, source, text);
  if (source.from.type === "path" && (await isFolder(source.from.path, what)))
    return await copyFolder(source.from.path, destination, artifact, what);
  try {
    await store(source, temporary, name, { artifact, ...options });
    if (source.archive !== undefined)
      return await unpack(temporary, {
        kind: source.archive,
        folder: destination,
        roots,
        fileName: source.fileName,
        limits,
        source: name,
        signal,
      });
    const path = artifact.mode === "file" ? destination : join(destination, source.fileName);
    await assertNoEscape(path, roots, what);
    await moveFile(temporary, path, what);
  } finally {
    await rm(temporary, { force: true });
  }
}

async function store(
  source: ArtifactSource,
  path: string,
  text: string,
  options: FetchArtifactOptions & { readonly artifact: Artifact },
): Promise<void> {
  const { checksum } = source;
  const { signal } = options;
  const hash = checksum === undefined ? undefined : startHash(checksum);
  const chunks = openSource(source, options);
  const file = await open(path, "wx", 0o600).catch((error: unknown) => {
    throw toFileError(error, "write", path);
  });
  try {
    for await (const chunk of chunks) {
      hash?.update(chunk);
      for (let done = 0; done < chunk.byteLength; ) {
        const { bytesWritten } = await file.write(chunk, done);
        done += bytesWritten;
      }
    }
  } catch (error) {
    signal.throwIfAborted();
    throw toFileError(error, `store artifact "${text}" in`, path);
  } finally {
    await file.close();
  }
  if (hash !== undefined && checksum !== undefined) verifyHash(hash, checksum, text);
}

function openSource(
  { from }: ArtifactSource,
  { artifact, lookup, limits, signal }: FetchArtifactOptions & { readonly artifact: Artifact },
): AsyncIterable<Uint8Array> {
  if (from.type === "path") return createReadStream(from.path, { signal });
  const { insecure } = artifact;
  return download(from.url, { headers: interpolateDeep(artifact.headers, lookup), insecure, limits, signal });
}

function fileWanted(message: string): LongshoreError {
  return new LongshoreError("invalid", message, { hint: 'Use mode = "dir" or "any".' });
}

async function isFolder(path: string, what: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (errorCode(error) === "ENOENT")
      throw new LongshoreError("not-found", `${what}: there is no file ${resolve(path)}`, { cause: error });
    throw toFileError(error, `read ${what} from`, path);
  }
}

async function copyFolder(
  path: string,
  destination: string,
  artifact: Artifact,
  what: string,
): Promise<void> {
  if (artifact.mode === "file") throw fileWanted(`${what}: mode "file", and it is a folder`);
  try {
    await makeOpenFolder(destination);
    // Links are copied as what they lead to: in the container they would lead elsewhere.
    await cp(path, destination, { recursive: true, dereference: true });
  } catch (error) {
    throw toFileError(error, `copy ${what} to`, destination);
  }
}

async function moveFile(temporary: string, path: string, what: string): Promise<void> {
  try {
    await makeOpenFolder(dirname(path));
    await chmod(temporary, 0o644);
    await rename(temporary, path);
  } catch (error) {
    throw toFileError(error, `write ${what} to`, path);
  }
}
