import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { agentFields, taskFields } from "../../src/driver/index.ts";
import { fillPage } from "./options-page.ts";
import { findProofs, listKeys, type TableName } from "./proofs.ts";
import { elsewhere, seenInstead } from "./seen.ts";

const tables = { task: taskFields, agent: agentFields };

describe.each(Object.keys(tables) as TableName[])("the table of the %s's keys", (name) => {
  const keys = listKeys(tables[name]);

  it("has a test for each key", async () => {
    const proofs = await findProofs(name);
    const without = keys.filter(({ path, isBlock }) => !isBlock && !proofs.has(path));
    expect(without.map(({ path }) => path)).toEqual([]);
  });

  it("has each key that a test or a note is about", async () => {
    const paths = keys.map(({ path }) => path);
    const named = [...(await findProofs(name)).keys(), ...Object.keys(seenInstead[name])];
    expect(named.filter((key) => !paths.includes(key))).toEqual([]);
  });

  it("names only tests that are there", async () => {
    for (const { file, title } of Object.values(elsewhere[name])) {
      const source = await readFile(file, "utf8");
      expect([file, title, source.includes(`"${title}"`)]).toEqual([file, title, true]);
    }
  });

  it("says a sentence about each key", () => {
    for (const { path, field } of keys)
      expect([path, field.doc]).toEqual([path, expect.stringMatching(/^.{8,}\.$/s)]);
  });
});

it("docs/options.md has the tables that the driver reads its options by (vitest -u writes them)", async () => {
  const page = new URL("../../docs/options.md", import.meta.url);
  const filled = await fillPage(await readFile(page, "utf8"), tables);
  await expect(filled).toMatchFileSnapshot(page.pathname);
});
