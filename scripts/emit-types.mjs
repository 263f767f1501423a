// @ts-check
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { runStep } from "./run-program.mjs";
import { repository } from "./tools.mjs";

/**
 * Writes the declarations of the library's face into a folder: `index.d.ts` and what it reaches, no more.
 * @param {string} folder where `tsconfig.build.json` has them emitted
 */
export async function emitTypes(folder) {
  const tsc = join(repository, "node_modules", "typescript", "bin", "tsc");
  await runStep(process.execPath, [tsc, "-p", join(repository, "tsconfig.build.json")]);
  const reached = await toReached(join(folder, "index.d.ts"));
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (entry.isFile() && !reached.has(file)) await rm(file);
  }
  for (const [file, text] of reached) await writeFile(file, text);
}

/**
 * The declarations that one reaches by its imports, itself among them, as a compiler reads them: sources import
 * `./x.ts`, where it wants `./x.js`.
 * @param {string} start
 */
async function toReached(start) {
  /** @type {Map<string, string>} */
  const reached = new Map();
  const files = [start];
  for (let file = files.pop(); file !== undefined; file = files.pop()) {
    if (reached.has(file)) continue;
    const text = await readFile(file, "utf8");
    reached.set(file, text.replace(localImport, '$1.js"'));
    for (const [, , path] of text.matchAll(localImport)) files.push(join(dirname(file), `${path}.d.ts`));
  }
  return reached;
}

const localImport = /((?:\bfrom|\bimport\(|\bimport)\s*"(\.[^"]*))\.[tj]s"/g;
