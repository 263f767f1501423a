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
  let block = job;
  let at = 0;
  while (at < path.length) {
    const key = String(path[at]);
    const node = block.attributes[key];
    if (node !== undefined) return findInNode(node, path.slice(at + 1), about) ?? block.place;
    const next = findBlock(block, key, path[at + 1]);
    if (next === undefined) break;
    block = next.block;
    at += next.used;
  }
  return block.place;
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

function findInNode(
  node: Node,
  path: OptionProblem["path"],
  about: OptionProblem["about"],
): Place | undefined {
  let found = node;
  for (const key of path) {
    const child = childOf(found, key);
    if (child === undefined) break;
    found = child;
  }
  return (about === "key" ? found.namePlace : undefined) ?? found.place ?? found.namePlace;
}
