import { closestName } from "../task/index.ts";
import type { Findings } from "./findings.ts";
import { jobFileSchema } from "./job-schema.ts";
import { nameOf } from "./read-block.ts";
import type { BlockEntry, Entry, Schema } from "./schema.ts";
import type { Block, Node } from "./tree.ts";

/** A cluster's bookkeeping in what `nomad job inspect` and the HTTP API answer: nothing of it was written by a person. */
const bookkeeping: ReadonlySet<string> = new Set(
  `Stop ParentID Dispatched DispatchIdempotencyToken Payload ConsulNamespace ConsulToken VaultNamespace VaultToken
  NomadTokenID Status StatusDescription Stable Version SubmitTime CreateIndex ModifyIndex JobModifyIndex VersionTag`.split(
    /\s+/,
  ),
);

/** Options of the request that registers a job, beside the job itself. */
const requestOptions: ReadonlySet<string> = new Set(
  "EnforceIndex JobModifyIndex PolicyOverride PreserveCounts PreserveResources EvalID EvalPriority EvalOptions Submission Diff Region Namespace SecretID Format".split(
    " ",
  ),
);

/** A job in the JSON of Nomad's HTTP API, with or without `{"Job": ...}` around it, as the blocks of a job file. */
export function fromApiJob(file: Node, findings: Findings): Block {
  const children = Object.fromEntries(
    Object.entries(childrenOf(file)).map(([key, node]) => [key, withValues(node)]),
  );
  const wrapped = children.Job;
  if (wrapped !== undefined) {
    for (const [key, node] of Object.entries(children)) {
      if (key === "Job" || isUnset(node)) continue;
      if (requestOptions.has(key)) findings.idle(key, node.namePlace);
      else unknownKey(key, node, ["Job"], findings);
    }
  }
  const entry = { ...jobFileSchema.job, apiLabel: "ID" };
  const job = toBlock(wrapped ?? { ...file, children }, { entry, key: "job", path: [] }, findings);
  return { attributes: {}, blocks: { job: job === undefined ? [] : [job] } };
}

/** The parts of a node with their values, which the node alone carries. */
function withValues(node: Node): Node {
  const { children, value } = node;
  if (children === undefined || typeof value !== "object" || value === null) return node;
  const values = value as Readonly<Record<string | number, unknown>>;
  const part = (child: Node, key: string | number) => withValues({ ...child, value: values[key] });
  if (Array.isArray(children)) return { ...node, children: children.map(part) };
  return {
    ...node,
    children: Object.fromEntries(Object.entries(children).map(([key, child]) => [key, part(child, key)])),
  };
}

function childrenOf(node: Node): Readonly<Record<string, Node>> {
  return node.children === undefined || Array.isArray(node.children)
    ? {}
    : (node.children as Record<string, Node>);
}

function isUnset({ value }: Node): boolean {
  if (value === undefined || value === null || value === "" || value === 0 || value === false) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

function unknownKey(key: string, node: Node, known: Iterable<string>, findings: Findings): void {
  const close = closestName(key, known);
  const hint = close === undefined ? "" : ` Did you mean "${close}"?`;
  findings.error(node.namePlace ?? node.place, "Unknown key", `Nomad's API has no key "${key}" here.${hint}`);
}

interface Where {
  readonly entry: BlockEntry<Schema, boolean>;
  readonly key: string;
  /** The enclosing blocks as people write them. */
  readonly path: readonly string[];
}

type Target = { readonly key: string; readonly entry: Entry };

/** API key -> key of a job file. */
function targetsOf(schema: Schema): ReadonlyMap<string, Target> {
  const targets = new Map<string, Target>();
  for (const [key, entry] of Object.entries(schema)) {
    const { api } = entry;
    const names = api === undefined ? [toCamelCase(key)] : typeof api === "string" ? [api] : api;
    for (const name of names) targets.set(name, { key, entry });
  }
  return targets;
}

function toCamelCase(key: string): string {
  return key
    .split("_")
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");
}

interface Building {
  readonly attributes: Record<string, Node>;
  readonly blocks: Record<string, Block[]>;
}

function toBlock(node: Node, { entry, key, path }: Where, findings: Findings): Block | undefined {
  if (node.children === undefined || Array.isArray(node.children)) {
    findings.error(
      node.place,
      "Incorrect value type",
      `A ${key} is an object here, not ${nameOf(node.value)}.`,
    );
    return undefined;
  }
  const children = childrenOf(node);
  const label = entry.apiLabel === undefined ? undefined : children[entry.apiLabel];
  const name = typeof label?.value === "string" ? label.value : "";
  const inner = key === "job" ? [] : [...path, entry.label === undefined ? key : `${key} "${name}"`];
  const targets = targetsOf(entry.body);
  const building: Building = { attributes: {}, blocks: {} };
  for (const [apiKey, child] of Object.entries(children)) {
    const target = targets.get(apiKey);
    if (target !== undefined && !isUnsetKey(target, child)) place(building, target, child, inner, findings);
    else if (target === undefined && !isSetAside(apiKey, entry, key))
      unknownKey(apiKey, child, targets.keys(), findings);
  }
  const at = node.namePlace ?? node.place;
  return {
    ...building,
    ...(entry.label === undefined ? {} : { label: name }),
    ...(at === undefined ? {} : { place: at }),
    ...(label?.place === undefined ? {} : { labelPlace: label.place }),
  };
}

function isSetAside(apiKey: string, entry: BlockEntry<Schema, boolean>, key: string): boolean {
  return (
    apiKey === entry.apiLabel ||
    (key === "job" && bookkeeping.has(apiKey)) ||
    (entry.apiLabel === "*" && apiKey === "Name")
  );
}

/** Go writes what was not set as its zero value; only where a zero means something of its own is it taken. */
function isUnsetKey({ key, entry }: Target, node: Node): boolean {
  if (node.value === null || (node.value === undefined && node.children === undefined)) return true;
  if (!entry.effect) return isUnset(node);
  if (key === "static" || key === "cores") return node.value === 0;
  return entry.entry === "attribute" && entry.kind === "string" && node.value === "";
}

function place(
  building: Building,
  { key, entry }: Target,
  node: Node,
  path: readonly string[],
  findings: Findings,
): void {
  if (!entry.effect) {
    findings.idle([...path, key].join(" > "), node.namePlace);
  } else if (entry.entry === "attribute") {
    const isNanoseconds = entry.kind === "duration" && typeof node.value === "number";
    building.attributes[key] = isNanoseconds ? { ...node, value: `${node.value}ns` } : node;
  } else if (entry.entry === "block") {
    const found = toInstances(node, entry).map((one) =>
      toBlock(one.node, { entry: one.entry, key, path }, findings),
    );
    const blocks = found.filter((block) => block !== undefined);
    building.blocks[key] = [...(building.blocks[key] ?? []), ...blocks];
  } else {
    building.attributes[key] = node;
  }
}

interface ApiInstance {
  readonly node: Node;
  readonly entry: BlockEntry<Schema, boolean>;
}

/** The API has blocks as one object, as a list, or as a map from label to content. */
function toInstances(node: Node, entry: BlockEntry<Schema, boolean>): readonly ApiInstance[] {
  if (entry.apiLabel === "*") {
    return Object.entries(childrenOf(node)).map(([label, child]) => {
      const name: Node = { value: label, ...(child.namePlace && { place: child.namePlace }) };
      return {
        node: { ...child, children: { ...childrenOf(child), Name: name } },
        entry: { ...entry, apiLabel: "Name" },
      };
    });
  }
  const nodes: readonly Node[] = Array.isArray(node.children) ? node.children : [node];
  return nodes
    .filter((one) => one.value !== null || one.children !== undefined)
    .map((one) => ({ node: one, entry }));
}
