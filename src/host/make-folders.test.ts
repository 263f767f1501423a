import { mkdtemp, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeFolders } from "./make-folders.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "longshore-folders-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("folders", () => {
  test("are made with those above them, by many at once, and again", async () => {
    const path = join(folder, "a/b/c");
    await Promise.all(Array.from({ length: 8 }, () => makeFolders(path, 0o700)));
    await makeFolders(path);
    expect((await stat(path)).isDirectory()).toBe(true);
    expect((await stat(path)).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, "a/b"))).mode & 0o777).toBe(0o777 & ~process.umask());
  });

  test.runIf(process.platform === "linux")(
    "are an error, and no endless try, where the file system takes none",
    async () => {
      await expect(makeFolders("/proc/x/y/z")).rejects.toMatchObject({ code: "ENOENT", path: "/proc/x" });
    },
  );

  test.each(["file", "file/below", "dangling"])("are an error at %s", async (name) => {
    await writeFile(join(folder, "file"), "");
    await symlink(join(folder, "nowhere/at/all"), join(folder, "dangling"));
    await expect(makeFolders(join(folder, name, "x"))).rejects.toMatchObject({
      code: expect.stringMatching(/^(ENOTDIR|EEXIST)$/),
    });
  });
});
