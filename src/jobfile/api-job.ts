import type { Findings } from "./findings.ts";
import type { Block, Node } from "./tree.ts";
export function fromApiJob(_node: Node, _findings: Findings): Block {
  return { attributes: {}, blocks: {} };
}
