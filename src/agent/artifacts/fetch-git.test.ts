import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeArtifact } from "../../../test/agent/jobs.ts";
import type { Artifact } from "../../jobfile/job.ts";
import { defaultArtifactLimits } from "./artifact-limits.ts";
import { fetchArtifact } from "./fetch-artifact.ts";

const hasGit = ((): boolean => {
  try {
    return execFileSync("git", ["--version"]).length > 0;
  } catch {
    return false;
  }
})();

let folder: string;
const { PATH } = process.env;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "longshore-git-"));
  for (const name of ["task/local", "alloc", "repo/sub"])
    await mkdir(join(folder, name), { recursive: true });
});
afterEach(async () => {
  process.env.PATH = PATH;
  await rm(folder, { recursive: true });
});

function git(...args: string[]): string {
  const identity = ["-c", "user.name=x", "-c", "user.email=x@example.com"];
  return execFileSync("git", [...identity, ...args], { cwd: join(folder, "repo"), encoding: "utf8" }).trim();
}

async function fetchOne(artifact: Partial<Artifact>): Promise<void> {
  await fetchArtifact(makeArtifact({ source: `git::file://${folder}/repo`, ...artifact }), {
    roots: { taskDir: join(folder, "task"), sharedDir: join(folder, "alloc") },
    lookup: () => undefined,
    limits: defaultArtifactLimits,
    signal: new AbortController().signal,
  });
}

const read = (name: string): Promise<string> => readFile(join(folder, "task/local", name), "utf8");

describe.runIf(hasGit)("a repository", () => {
  beforeEach(async () => {
    await writeFile(join(folder, "repo/a"), "first");
    await writeFile(join(folder, "repo/sub/b"), "in sub");
    await symlink("sub/b", join(folder, "repo/link"));
    git("init", "--quiet", "--initial-branch=main");
    git("add", ".");
    git("commit", "--quiet", "--message=first");
    git("tag", "v1");
    await writeFile(join(folder, "repo/a"), "second");
    git("commit", "--quiet", "--all", "--message=second");
  });

  test("is cloned into the destination, with its links, and nothing else stays", async () => {
    await fetchOne({});
    expect([await read("a"), await read("sub/b")]).toEqual(["second", "in sub"]);
    expect(await readlink(join(folder, "task/local/link"))).toBe("sub/b");
    expect(await readdir(join(folder, "task"))).toEqual(["local"]);
  });

  test("is had at a tag or commit, with or without its history, or a folder of it alone", async () => {
    await fetchOne({ options: { ref: "v1" }, destination: "local/tag" });
    await fetchOne({ options: { ref: git("rev-parse", "v1") }, destination: "local/commit" });
    await fetchOne({ options: { ref: "v1", depth: "1" }, destination: "local/shallow" });
    await fetchOne({ source: `git::file://${folder}/repo//sub?ref=v1`, destination: "local/part" });
    for (const name of ["tag", "commit", "shallow"]) expect(await read(`${name}/a`)).toBe("first");
    expect(await readdir(join(folder, "task/local/part"))).toEqual(["b"]);
  });

  test("with a link that leads out of it is refused, and nothing of it is kept", async () => {
    await symlink("../../../../etc/passwd", join(folder, "repo/sub/evil"));
    git("add", ".");
    git("commit", "--quiet", "--message=evil");
    await expect(fetchOne({})).rejects.toMatchObject({
      kind: "invalid",
      message: expect.stringContaining("evil"),
    });
    expect(await readdir(join(folder, "task/local"))).toEqual([]);
    expect(await readdir(join(folder, "task"))).toEqual(["local"]);
  });

  test.each([
    [{ options: { ref: "no-such" } }, "no-such"],
    [{ source: "git::file:///does/not/exist" }, "/does/not/exist"],
    [{ source: "git::ext::sh -c evil" }, "transport 'ext' not allowed"],
  ])("that cannot be had is told in git's words: %j", async (artifact, words) => {
    await expect(fetchOne(artifact)).rejects.toMatchObject({
      kind: "unavailable",
      message: expect.stringContaining(words),
    });
  });

  test("has no part of that name, and is no single file", async () => {
    await expect(fetchOne({ source: `git::file://${folder}/repo//no` })).rejects.toThrow(
      'has no folder "no"',
    );
    await expect(fetchOne({ mode: "file" })).rejects.toThrow("it is a repository");
  });
});

test("a machine without git says so", async () => {
  process.env.PATH = folder;
  await expect(fetchOne({})).rejects.toMatchObject({
    kind: "not-found",
    message: expect.stringContaining("there is no git on this machine"),
    hint: expect.stringContaining("Install git"),
  });
});
