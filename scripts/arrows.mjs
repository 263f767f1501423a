// @ts-check
import { readdir, readFile } from "node:fs/promises";
import { dirname, join, normalize, relative } from "node:path";

/** What each room of src/ may import; docs/architecture.md says why. */
export const allowedArrows = /** @type {Record<string, readonly string[]>} */ ({
  task: [],
  engine: ["task"],
  driver: ["engine", "task"],
  jobfile: ["task"],
  host: ["task"],
  agent: ["host", "jobfile", "task"],
  plugin: ["driver", "host", "task"],
  cli: ["agent", "driver", "engine", "jobfile", "plugin", "task"],
  library: ["host", "task"],
  // src/index.ts, the library's face
  index: ["agent", "driver", "engine", "jobfile", "library", "task"],
});

/**
 * Every import that points where it must not, and every circle of files, as a line each. Arrows count types too;
 * circles do not, as two files of a room may name each other's types.
 * @param {string} folder `src`
 * @returns {Promise<readonly string[]>}
 */
export async function findBadArrows(folder) {
  const imports = await readImports(folder);
  const lines = [];
  for (const [file, targets] of imports) {
    const from = roomOf(file);
    for (const { target } of targets) {
      const to = roomOf(target);
      if (from !== to && !(allowedArrows[from] ?? []).includes(to)) {
        lines.push(`${file} imports ${target}: ${from} may not know ${to}`);
      }
      if (!imports.has(target) && /\.[cm]?ts$/.test(target))
        lines.push(`${file} imports ${target}, which is not there`);
    }
  }
  return [...lines, ...findCircles(imports).map((circle) => `circle: ${circle.join(" -> ")}`)];
}

/** @param {string} file */
function roomOf(file) {
  const [first = ""] = file.split("/");
  return first.replace(/\.ts$/, "");
}

/** @typedef {{ target: string, typesOnly: boolean }} Import */

/**
 * Local imports of each file, tests left out; paths are relative to the folder.
 * @param {string} folder
 */
async function readImports(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  /** @type {Map<string, readonly Import[]>} */
  const imports = new Map();
  for (const entry of entries) {
    if (!entry.isFile() || !entry.name.endsWith(".ts") || entry.name.endsWith(".test.ts")) continue;
    const path = join(entry.parentPath ?? entry.path, entry.name);
    const file = relative(folder, path);
    const found = importsOf(await readFile(path, "utf8"));
    imports.set(
      file,
      found.map(({ target, typesOnly }) => ({ target: normalize(join(dirname(file), target)), typesOnly })),
    );
  }
  return imports;
}

/**
 * Local modules that a source text imports or re-exports.
 * @param {string} source
 * @returns {readonly Import[]}
 */
export function importsOf(source) {
  const code = source.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  const patterns = [
    /^(?:import|export)\b([^"';]*?)\bfrom\s*"(\.[^"]*)"/gm,
    /^import()\s*"(\.[^"]*)"/gm,
    /\bimport()\(\s*"(\.[^"]*)"\s*\)/g,
  ];
  const matches = patterns.flatMap((pattern) => [...code.matchAll(pattern)]);
  return matches.map(([, names = "", target = ""]) => ({ target, typesOnly: isTypesOnly(names) }));
}

/**
 * `type { A }`, or `{ type A, type B }`.
 * @param {string} names what stands between `import` and `from`
 */
function isTypesOnly(names) {
  if (/^\s*type\b/.test(names)) return true;
  const list = /^\s*\{([^}]*)\}\s*$/.exec(names)?.[1];
  const items = (list ?? "").split(",").map((item) => item.trim());
  const named = items.filter((item) => item !== "");
  return named.length > 0 && named.every((item) => item.startsWith("type "));
}

/**
 * One circle for each import that closes one.
 * @param {ReadonlyMap<string, readonly Import[]>} imports
 */
function findCircles(imports) {
  /** @type {string[][]} */
  const circles = [];
  /** @type {Set<string>} */
  const done = new Set();
  /** @param {string} file @param {readonly string[]} path */
  const visit = (file, path) => {
    const start = path.indexOf(file);
    if (start >= 0) circles.push([...path.slice(start), file]);
    if (start >= 0 || done.has(file)) return;
    for (const { target, typesOnly } of imports.get(file) ?? [])
      if (!typesOnly) visit(target, [...path, file]);
    done.add(file);
  };
  for (const file of imports.keys()) visit(file, []);
  return circles;
}
