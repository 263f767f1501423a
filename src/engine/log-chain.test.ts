import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { LogChain } from "./log-chain.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "longshore-log-chain-"));
});
afterEach(async () => await rm(folder, { recursive: true }));

it("a log's next file is read also when the kernel has dropped the notice that it was begun", async () => {
  const path = join(folder, "id-json.log");
  await writeFile(path, "one\n");
  await using chain = await LogChain.open(path, undefined);
  const read = async () => (await chain?.read())?.toString();
  expect([await read(), await read()]).toEqual(["one\n", ""]);
  await rename(path, `${path}.1`);
  await writeFile(path, "two\n");
  expect([await read(), await read()]).toEqual(["two\n", ""]);
});
