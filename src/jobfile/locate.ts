import type { OptionProblem } from "../task/index.ts";
import { childOf } from "./read-block.ts";
import type { Block, Node, Place } from "./tree.ts";

/**
 * Where a key's value stands in a job's block, or with `about: "key"` the key; the nearest thing around it when it is not
 * written.
 */
export function findPlace(
  job: Block,
  path: OptionProblem["path"],
  about?: OptionProblem["about"],
): Place | undefined {
  const { block, node } = findNearest(job, path);
  return (about === "key" ? node?.namePlace : undefined) ?? node?.place ?? node?.namePlace ?? block.place;
}

/** Whether a key is written with a value that could not be found out; a fault tells of it already. */
export function isBad(job: Block, path: OptionProblem["path"]): boolean {
  return findNearest(job, path).node?.bad === true;
}

interface Found {
  /** The innermost block around. */
  readonly block: Block;
  /** The value, or the innermost one around it; undefined where the path ends at a block. */
  readonly node: Node | undefined;
}

function findNearest(job: Block, path: OptionProblem["path"]): Found {
  let block = job;
  let at = 0;
  while (at < path.length) {
    const key = String(path[at]);
    const node = block.attributes[key];
    if (node !== undefined) return { block, node: findInNode(node, path.slice(at + 1)) };
    const next = findBlock(block, key, path[at + 1]);
    if (next === undefined) break;
    block = next.block;
    at += next.used;
  }
  return { block, node: undefined };
}

function findBlock(
  block: Block,
  key: string,
  which: string | number | undefined,
): { block: Block; used: number } | undefined {
  const candidates = block.blocks[key] ?? [];
  const labelled = candidates.find((candidate) => candidate.label !== undefined && candidate.label === which);
  if (labelled !== undefined) return { block: labelled, used: 2 };
  const indexed = typeof which === "number" ? candidates[which] : undefined;
  if (indexed !== undefined) return { block: indexed, used: 2 };
  const [first] = candidates;
  if (first !== undefined && first.label === undefined) return { block: first, used: 1 };
  // A task that stands directly in the job is a group of its own name.
  const isLoneTask = key === "group" && block.blocks.task?.some((task) => task.label === which);
  return isLoneTask ? { block, used: 2 } : undefined;
}

/** Blocks in a config are a list, also where one alone may stand and the path has no number. */
function childOfBlocks(node: Node, key: string | number): Node | undefined {
  const { children } = node;
  if (typeof key !== "string" || !Array.isArray(children)) return undefined;
  return children.map((block: Node) => childOf(block, key)).find((child) => child !== undefined);
}

function findInNode(node: Node, path: OptionProblem["path"]): Node {
  let found = node;
  for (const key of path) {
    const child = childOf(found, key) ?? childOfBlocks(found, key);
    if (child === undefined) break;
    found = child;
  }
  return found;
}
