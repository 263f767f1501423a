import { execFile } from "node:child_process";
import { cp, lstat, mkdir, readdir, readlink, rm, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { promisify } from "node:util";
import { LongshoreError } from "../../task/index.ts";
import { makeOpenFolder } from "../safe-path.ts";
import { toFileError } from "../to-error.ts";
import type { ArtifactLimits } from "./artifact-limits.ts";
import { EntryBudget } from "./entry-budget.ts";
import type { GitRepository } from "./git-source.ts";
import { describeSource } from "./source-fault.ts";

export interface FetchGitOptions {
  /** Where to clone to; removed at the end. */
  readonly temporary: string;
  readonly destination: string;
  readonly limits: ArtifactLimits;
  /** For messages. */
  readonly source: string;
  readonly signal: AbortSignal;
}

const run = promisify(execFile);

/**
 * Clones a repository with this machine's git, its submodules too, and copies it, or the part that is wanted, into the
 * destination. Rejects with `invalid` for links that lead out of it.
 */
export async function fetchGit(repository: GitRepository, options: FetchGitOptions): Promise<void> {
  const { temporary, destination, source, limits } = options;
  const what = `artifact "${source}"`;
  const clone = join(temporary, "clone");
  try {
    await mkdir(temporary, { mode: 0o700 });
    await cloneInto(clone, repository, options);
    const wanted = join(clone, repository.folder);
    const found = await lstat(wanted).catch(() => undefined);
    if (!found?.isDirectory())
      throw new LongshoreError("not-found", `${what}: the repository has no folder "${repository.folder}"`);
    await checkLinks(wanted, new EntryBudget(limits, source));
    await makeOpenFolder(destination);
    await cp(wanted, destination, { recursive: true, verbatimSymlinks: true });
  } catch (error) {
    options.signal.throwIfAborted();
    throw toFileError(error, `store ${what} in`, destination);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function cloneInto(folder: string, repository: GitRepository, options: FetchGitOptions): Promise<void> {
  const { url, ref, depth } = repository;
  const env = await toEnvironment(repository, options.temporary);
  const git = (...args: string[]): Promise<void> => runGit(args, env, options);
  const shallow = depth === undefined ? [] : [`--depth=${depth}`];
  // Only a branch or tag can be had without the rest of the history.
  const branch = depth === undefined || ref === undefined ? [] : [`--branch=${ref}`];
  await git("clone", "--quiet", ...shallow, ...branch, "--", url, folder);
  if (ref !== undefined && depth === undefined) await git("-C", folder, "checkout", "--quiet", ref, "--");
  await git("-C", folder, "submodule", "--quiet", "update", "--init", "--recursive", ...shallow);
}

async function toEnvironment({ sshKey }: GitRepository, folder: string): Promise<NodeJS.ProcessEnv> {
  const env = {
    ...process.env,
    LC_ALL: "C",
    // Nobody is there to be asked, and other transports run programs of the address's choice.
    GIT_TERMINAL_PROMPT: "0",
    GIT_ALLOW_PROTOCOL: "file:git:http:https:ssh",
  };
  if (sshKey === undefined) return env;
  const keyFile = join(folder, "key");
  await writeFile(keyFile, Buffer.from(sshKey, "base64"), { mode: 0o600 });
  const ssh = `ssh -i "${keyFile}" -o IdentitiesOnly=yes -o StrictHostKeyChecking=accept-new`;
  return { ...env, GIT_SSH_COMMAND: ssh };
}

async function runGit(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  { limits, source, signal }: FetchGitOptions,
): Promise<void> {
  try {
    await run("git", args, { env, signal, timeout: limits.timeoutMs });
  } catch (error) {
    signal.throwIfAborted();
    throw toGitError(error, `artifact "${source}"`, limits);
  }
}

interface FailedProgram {
  readonly code?: string | number | null;
  readonly killed?: boolean;
  readonly stderr?: string;
}

function toGitError(cause: unknown, what: string, limits: ArtifactLimits): LongshoreError {
  const { code, killed, stderr = "" } = cause as FailedProgram;
  if (code === "ENOENT")
    return new LongshoreError("not-found", `${what}: there is no git on this machine`, {
      cause,
      hint: "Install git, or give the address of an archive.",
    });
  if (killed)
    return new LongshoreError("timeout", `${what}: not all came within ${limits.timeoutMs / 1000} s`, {
      cause,
    });
  const words = describeSource(stderr.trim().replace(/\s*\n\s*/g, "; "));
  return new LongshoreError("unavailable", `${what}: git says: ${words || "nothing"}`, { cause });
}

/** In the container a link would lead elsewhere, and on the way there out of the destination. */
async function checkLinks(root: string, budget: EntryBudget): Promise<void> {
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isSymbolicLink()) continue;
    const path = join(entry.parentPath ?? entry.path, entry.name);
    budget.checkLink(relative(root, path), await readlink(path));
  }
}
