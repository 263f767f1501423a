import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { findBadArrows, importsOf } from "../../scripts/arrows.mjs";

/** Writes files into a folder of their own and answers what is wrong with their imports. */
async function findIn(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), "longshore-arrows-"));
  try {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), text);
    }
    return await findBadArrows(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

it("imports in src/ point down only, without circles", async () => {
  expect(await findBadArrows("src")).toEqual([]);
});

it("an arrow that points up is found", async () => {
  const found = await findIn({
    "task/a.ts": 'import type { B } from "../driver/b.ts";\n',
    "driver/b.ts": 'import { c } from "./c.ts";\n',
    "driver/c.ts": "export const c = 1;\n",
  });
  expect(found).toEqual(["task/a.ts imports driver/b.ts: task may not know driver"]);
});

it("a circle is found, also through a lazy import", async () => {
  const found = await findIn({
    "cli/a.ts": 'const b = async () => await import("./b.ts");\n',
    "cli/b.ts": 'export * from "./a.ts";\n',
  });
  expect(found).toEqual(["circle: cli/a.ts -> cli/b.ts -> cli/a.ts"]);
});

it("two files of a room may name each other's types", async () => {
  const found = await findIn({
    "cli/a.ts": 'import { type B, type C } from "./b.ts";\n',
    "cli/b.ts": 'import { a } from "./a.ts";\n',
  });
  expect(found).toEqual([]);
});

it("an import of a file that is not there is found", async () => {
  expect(await findIn({ "task/a.ts": 'import "./b.ts";\n' })).toEqual([
    "task/a.ts imports task/b.ts, which is not there",
  ]);
});

it("every form of import is read, and comments are not", () => {
  const source = `
import a from "./a.ts";
import type { B } from "./b.ts";
import {
  c,
  type C,
} from "./c.ts";
import "./d.ts";
export * from "./e.ts";
const f = await import("./f.ts");
// import g from "./g.ts";
/** import h from "./h.ts"; */
import fs from "node:fs";
`;
  const found = importsOf(source).map(({ target, typesOnly }) => `${target}${typesOnly ? " (types)" : ""}`);
  expect(found.sort()).toEqual(["./a.ts", "./b.ts (types)", "./c.ts", "./d.ts", "./e.ts", "./f.ts"]);
});
