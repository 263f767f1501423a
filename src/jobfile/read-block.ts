import { parseDurationMs } from "../task/index.ts";
import type { Findings } from "./findings.ts";
import type { Attribute, BlockEntry, Schema, TextMap, Tree } from "./schema.ts";
import type { Block, Node, Place } from "./tree.ts";

/** A block whose keys are checked against its schema, with defaults filled in. */
export type Read<S extends Schema> = {
  readonly [K in keyof S]: S[K] extends Attribute<infer T>
    ? T
    : S[K] extends TextMap
      ? Readonly<Record<string, string>> | undefined
      : S[K] extends Tree
        ? Readonly<Record<string, unknown>> | undefined
        : S[K] extends BlockEntry<infer B, infer Many>
          ? Many extends true
            ? readonly Read<B>[]
            : Read<B> | undefined
          : never;
} & { readonly [source]: Block };

/** Where the block of a {@link Read} stands in the tree. */
export const source: unique symbol = Symbol("source");

/** What the file's style and form change in the reading of a key. */
export interface ReadStyle {
  /** A bare number is seconds in files of 2015, and an error in later ones. */
  readonly bareNumberIsSeconds: boolean;
}

interface Reading {
  readonly findings: Findings;
  readonly style: ReadStyle;
  /** The enclosing blocks as people write them: `group "web" > task "app"`. */
  readonly path: readonly string[];
  /** The block around has no effect as a whole, so its keys are not listed one by one. */
  readonly quiet: boolean;
}

/** Checks a block by its schema. What is wrong goes to the findings, and reads as if it were not written. */
export function readBlock<S extends Schema>(
  block: Block,
  schema: S,
  findings: Findings,
  style: ReadStyle,
): Read<S> {
  return read(block, schema, { findings, style, path: [], quiet: false });
}

function read<S extends Schema>(block: Block, schema: S, reading: Reading): Read<S> {
  const values: Record<string | symbol, unknown> = { [source]: block };
  for (const [key, entry] of Object.entries(schema)) {
    const written = entry.entry === "block" ? block.blocks[key]?.[0] : block.attributes[key];
    if (written !== undefined && !entry.effect && !reading.quiet) {
      const place = "attributes" in written ? written.place : (written.namePlace ?? written.place);
      reading.findings.idle([...reading.path, key].join(" > "), place);
    }
    if (entry.entry === "block") values[key] = readBlocks(block, key, entry, reading);
    else if (entry.entry === "attribute") values[key] = readAttribute(block, key, entry, reading);
    else values[key] = readMap(block.attributes[key], key, entry, reading);
  }
  return values as Read<S>;
}

function readBlocks(
  block: Block,
  key: string,
  entry: BlockEntry<Schema, boolean>,
  reading: Reading,
): unknown {
  const found = block.blocks[key] ?? [];
  const inner = found.map((child) => {
    const name = child.label === undefined ? key : `${key} "${child.label}"`;
    const path = key === "job" ? [] : [...reading.path, name];
    return read(child, entry.body, { ...reading, path, quiet: reading.quiet || !entry.effect });
  });
  if (entry.many) return inner;
  const second = found[1];
  if (second !== undefined) {
    reading.findings.error(
      second.place,
      `Duplicate ${key} block`,
      `One "${key}" block may stand here; the first is on line ${found[0]?.place?.[1] ?? "?"}.`,
    );
  }
  return inner[0];
}

function readMap(node: Node | undefined, key: string, entry: TextMap | Tree, { findings }: Reading): unknown {
  // Where a part of a tree is bad, the others can be judged all the same.
  if ((node?.bad && entry.entry !== "tree") || node?.value === undefined || node.value === null)
    return undefined;
  if (typeof node.value !== "object" || Array.isArray(node.value)) {
    findings.error(
      node.place,
      "Incorrect value type",
      `"${key}" holds keys with values, not ${nameOf(node.value)}.`,
    );
    return undefined;
  }
  if (entry.entry === "tree") return node.value;
  const values: Record<string, string> = {};
  for (const [name, value] of Object.entries(node.value)) {
    if (typeof value === "string") values[name] = value;
    else if (value !== null) {
      const place = childOf(node, name)?.place ?? node.place;
      findings.error(
        place,
        "Incorrect value type",
        `"${name}" in "${key}" must be a text, not ${nameOf(value)}.`,
      );
    }
  }
  return values;
}

function readAttribute(block: Block, key: string, entry: Attribute<unknown>, reading: Reading): unknown {
  const node = block.attributes[key];
  if (node?.bad) return entry.default;
  if (node === undefined || node.value === undefined || node.value === null) {
    if (entry.required) {
      reading.findings.error(
        node?.place ?? block.place,
        "Missing required argument",
        `"${key}" is required here.`,
      );
    }
    return entry.default;
  }
  const result = readValue(node.value, entry, reading.style);
  if ("value" in result) return result.value;
  reading.findings.error(node.place, result.summary ?? "Invalid value", `"${key}" ${result.wrong}`);
  return entry.default;
}

type Result = { readonly value: unknown } | { readonly wrong: string; readonly summary?: string };

function readValue(value: unknown, entry: Attribute<unknown>, style: ReadStyle): Result {
  switch (entry.kind) {
    case "string":
      if (typeof value !== "string") return wrongType("a text", value);
      return entry.oneOf === undefined || entry.oneOf.includes(value)
        ? { value }
        : { wrong: `must be ${oneOf(entry.oneOf)}, not "${value}".` };
    case "bool":
      return typeof value === "boolean" ? { value } : wrongType("true or false", value);
    case "integer":
    case "number":
      return readNumber(value, entry);
    case "duration":
      return readDuration(value, entry, style);
    case "list(string)":
      return listOf(value, "string") ? { value } : wrongType("a list of texts", value);
    case "list(number)":
      return listOf(value, "number") ? { value } : wrongType("a list of numbers", value);
    case "any":
      return { value };
  }
}

function readNumber(value: unknown, { kind, min, max }: Attribute<unknown>): Result {
  if (typeof value !== "number") return wrongType("a number", value);
  if (kind === "integer" && !Number.isSafeInteger(value))
    return { wrong: `must be a whole number, not ${value}.` };
  if ((min === undefined || value >= min) && (max === undefined || value <= max)) return { value };
  if (min === 0 && value < 0) return { wrong: `must not be negative, but is ${value}.` };
  if (max === undefined) return { wrong: `must be at least ${min}, but is ${value}.` };
  return { wrong: `must be from ${min} to ${max}, but is ${value}.` };
}

const durationForm = 'a duration such as "300ms", "5s", "1m30s" or "1h"';

function readDuration(value: unknown, { min }: Attribute<unknown>, style: ReadStyle): Result {
  let ms: number | undefined;
  if (typeof value === "number") {
    if (value !== 0 && !style.bareNumberIsSeconds) {
      return {
        wrong: `needs a unit: write "${value}s" if seconds are meant.`,
        summary: "Duration without a unit",
      };
    }
    ms = value * 1000;
  } else if (typeof value === "string") {
    ms = parseDurationMs(value);
    if (ms === undefined && style.bareNumberIsSeconds && /^\d+$/.test(value)) ms = Number(value) * 1000;
  } else {
    return wrongType(durationForm, value);
  }
  if (ms === undefined)
    return { wrong: `must be ${durationForm}, not "${value}".`, summary: "Invalid duration" };
  if (min !== undefined && ms < min) return { wrong: `must not be negative, but is ${value}.` };
  return { value: ms };
}

function wrongType(expected: string, value: unknown): Result {
  return { wrong: `must be ${expected}, not ${nameOf(value)}.`, summary: "Incorrect value type" };
}

function listOf(value: unknown, type: "string" | "number"): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === type);
}

/** A value's type as people say it. */
export function nameOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string")
    return `the text ${JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}...` : value)}`;
  if (typeof value === "number") return `the number ${value}`;
  return typeof value === "boolean" ? String(value) : "a block";
}

function oneOf(names: readonly string[]): string {
  const quoted = names.map((name) => `"${name}"`);
  return quoted.length === 1 ? String(quoted[0]) : `${quoted.slice(0, -1).join(", ")} or ${quoted.at(-1)}`;
}

/** The part of a node under a key or index. */
export function childOf(node: Node | undefined, key: string | number): Node | undefined {
  const children = node?.children as Readonly<Record<string | number, Node>> | undefined;
  return children !== undefined && Object.hasOwn(children, key) ? children[key] : undefined;
}

/** Where the value of a key stands, else where its block does. */
export function placeOf(block: Block, key?: string): Place | undefined {
  const node = key === undefined ? undefined : block.attributes[key];
  return node?.place ?? block.place;
}

/** Tells of a required key that is written as an empty text; one that is missing is told when its block is read. */
export function requireText<K extends string>(
  read: { readonly [key in K]?: string | undefined } & { readonly [source]: Block },
  key: K,
  what: string,
  findings: Findings,
): void {
  if (read[key] !== "") return;
  findings.error(
    placeOf(read[source], key),
    "Missing required argument",
    `"${key}" is required here: ${what}.`,
  );
}
