import { chmod, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadWithKeptCode, toCodeFolder } from "./kept-code.ts";

const require = createRequire(import.meta.url);
let folder: string;
let file: string;
let kept: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "longshore-code-"));
  file = join(folder, "main.cjs");
  kept = join(folder, "code-a");
  await writeFile(file, "exports.answer = () => 42;");
  load().keep();
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const load = (name = "a") => loadWithKeptCode(file, { folder, name }, require);

test("a file runs as it does with require, with kept code and without", () => {
  for (const loaded of [load("none"), load()])
    expect((loaded.exports as { answer(): number }).answer()).toBe(42);
});

test("code is taken once it was kept", () => {
  expect([load("none").tookKept, load().tookKept]).toEqual([false, true]);
});

test("only the newest code stays, and what is not code", async () => {
  await writeFile(join(folder, "other"), "");
  load("b").keep();
  expect(await readdir(folder)).toEqual(["code-b", "main.cjs", "other"]);
});

test("damaged code is not taken", async () => {
  const bytes = await readFile(kept);
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
  await writeFile(kept, bytes);
  expect(load().tookKept).toBe(false);
});

test("code of another content is not taken", async () => {
  await writeFile(file, "exports.answer = () => 42; exports.more = 1;");
  expect(load().tookKept).toBe(false);
});

test("code that others may write is not taken", async () => {
  await chmod(kept, 0o620);
  expect(load().tookKept).toBe(false);
});

test("code behind a link is not taken", async () => {
  await rename(kept, join(folder, "elsewhere"));
  await symlink("elsewhere", kept);
  expect(load().tookKept).toBe(false);
});

test("a folder that cannot be made keeps nothing, without a word", () => {
  const place = { folder: join(file, "sub"), name: "a" };
  const loaded = loadWithKeptCode(file, place, require);
  loaded.keep();
  expect(loaded.tookKept).toBe(false);
});

test.for([
  [{ XDG_CACHE_HOME: "/c", HOME: "/home/me" }, "/c/longshore"],
  [{ XDG_CACHE_HOME: "c", HOME: "/home/me" }, "/home/me/.cache/longshore"],
  [{ HOME: "/home/me" }, "/home/me/.cache/longshore"],
] as const)("code of %j is kept in %s", ([env, expected]) => {
  expect(toCodeFolder(env)).toBe(expected);
});
