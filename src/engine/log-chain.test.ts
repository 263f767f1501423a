import { mkdtemp, rename, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { LogChain } from "./log-chain.ts";

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "longshore-log-chain-"));
  path = join(folder, "id-json.log");
});
afterEach(async () => await rm(folder, { recursive: true }));

async function open(): Promise<LogChain> {
  const chain = await LogChain.open(path, undefined);
  if (chain === undefined) throw new Error("the log cannot be read");
  return chain;
}

/** What can be read, also of files that were removed, until it is not known what comes next. */
async function readToLoss(chain: LogChain): Promise<string> {
  let text = "";
  for (;;) {
    const bytes = await chain.read();
    if (bytes === undefined) return text;
    text += bytes.toString();
  }
}

it("a log's next file is read also when the kernel has dropped the notice that it was begun", async () => {
  await writeFile(path, "one\n");
  await using chain = await open();
  const read = async () => (await chain.read())?.toString();
  expect([await read(), await read()]).toEqual(["one\n", ""]);
  await rename(path, `${path}.1`);
  await writeFile(path, "two\n");
  expect([await read(), await read()]).toEqual(["two\n", ""]);
});

it("a log's files that follow the first one are read also when that is removed meanwhile", async () => {
  await writeFile(`${path}.1`, "1\n");
  await writeFile(path, "2\n");
  await using chain = await open();
  await rename(path, `${path}.1`);
  await writeFile(path, "3\n");
  const read = async () => (await chain.read())?.toString();
  expect([await read(), await read(), await read(), await read()]).toEqual(["1\n", "2\n", "3\n", ""]);
});

it.each([
  ["32 that are small", 100, 32],
  ["four of any size", 3.5 * 1024 * 1024, 4],
])("a log's files that the engine has removed are kept for a reader, up to %s", async (_, bytes, most) => {
  const write = async (n: number) => {
    await writeFile(path, `${n}\n`);
    await truncate(path, bytes);
  };
  await write(1);
  await using chain = await open();
  for (let n = 2; n <= most + 4; n++) {
    await rename(path, `${path}.1`);
    await write(n);
    await chain.takeUp();
  }
  const numbers = (await readToLoss(chain)).match(/\d+/g);
  expect(numbers).toEqual(Array.from({ length: most }, (_, index) => `${index + 1}`));
});
