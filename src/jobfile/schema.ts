/** How a key is written; `duration` is Go's syntax or, where the file's style has it, a number. */
export type Kind =
  | "string"
  | "number"
  | "integer"
  | "bool"
  | "list(string)"
  | "list(number)"
  | "duration"
  | "any";

interface KeyOptions {
  /** The key in Nomad's HTTP API, where it is not the key in CamelCase. */
  readonly api?: string | undefined;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  readonly oneOf?: readonly string[] | undefined;
}

/** A key with one value. */
export interface Attribute<T> extends KeyOptions {
  readonly entry: "attribute";
  readonly kind: Kind;
  readonly default: T;
  readonly required: boolean;
  readonly effect: boolean;
}

/** Free keys with texts as values, as a block or as an attribute. */
export interface TextMap {
  readonly entry: "map";
  readonly values: "string" | "any";
  readonly api?: string | undefined;
  readonly effect: boolean;
}

/** A block of any content. */
export interface Tree {
  readonly entry: "tree";
  readonly api?: string | undefined;
  readonly effect: boolean;
}

/** A block of known content. */
export interface BlockEntry<S extends Schema, Many extends boolean> {
  readonly entry: "block";
  readonly body: S;
  readonly many: Many;
  /** What the label is, for blocks that have one. */
  readonly label?: string | undefined;
  readonly effect: boolean;
  /** Where the HTTP API has it; several lists may become one kind of block. */
  readonly api?: readonly string[] | undefined;
  /** The API's key that holds the label; `*` when the API has a map from label to content. */
  readonly apiLabel?: string | undefined;
}

export type Entry = Attribute<unknown> | TextMap | Tree | BlockEntry<Schema, boolean>;
export interface Schema {
  readonly [name: string]: Entry;
}

interface Options<D> extends KeyOptions {
  readonly default?: D | undefined;
  readonly required?: boolean | undefined;
}

function attribute<T, D extends T | undefined>(kind: Kind, options: Options<D>): Attribute<T | D> {
  const { default: value, required = false, ...rest } = options;
  return { entry: "attribute", kind, default: value as T | D, required, effect: true, ...rest };
}

type Value<T, D> = D extends undefined ? T | undefined : T;

export function text<D extends string | undefined = undefined>(
  options: Options<D> = {},
): Attribute<Value<string, D>> {
  return attribute("string", options) as Attribute<Value<string, D>>;
}

/** A text out of a closed set. */
export function choice<const C extends string, D extends C | undefined = undefined>(
  oneOf: readonly C[],
  options: Options<D> = {},
): Attribute<Value<C, D>> {
  return attribute("string", { ...options, oneOf }) as Attribute<Value<C, D>>;
}

export function integer<D extends number | undefined = undefined>(
  options: Options<D> = {},
): Attribute<Value<number, D>> {
  return attribute("integer", options) as Attribute<Value<number, D>>;
}

export function truth<D extends boolean | undefined = undefined>(
  options: Options<D> = {},
): Attribute<Value<boolean, D>> {
  return attribute("bool", options) as Attribute<Value<boolean, D>>;
}

/** Read as milliseconds; the default is in milliseconds too. Not negative. */
export function duration<D extends number | undefined = undefined>(
  options: Options<D> = {},
): Attribute<Value<number, D>> {
  return attribute("duration", { min: 0, ...options }) as Attribute<Value<number, D>>;
}

export function texts(options: Options<readonly string[]> = {}): Attribute<readonly string[] | undefined> {
  return attribute("list(string)", options);
}

export function anything(options: Options<undefined> = {}): Attribute<unknown> {
  return attribute("any", options);
}

export function textMap(options: { api?: string; values?: "string" | "any" } = {}): TextMap {
  return { entry: "map", values: "string", effect: true, ...options };
}

export function tree(options: { api?: string } = {}): Tree {
  return { entry: "tree", effect: true, ...options };
}

interface BlockOptions {
  readonly label?: string;
  readonly api?: readonly string[];
  readonly apiLabel?: string;
}

/** A block that may stand once. */
export function block<S extends Schema>(body: S, options: BlockOptions = {}): BlockEntry<S, false> {
  return { entry: "block", body, many: false, effect: true, ...options };
}

/** A block that may stand any number of times. */
export function blocks<S extends Schema>(body: S, options: BlockOptions = {}): BlockEntry<S, true> {
  return { entry: "block", body, many: true, effect: true, ...options };
}

/** The entry is checked, and has no effect on one machine. */
export function idle<E extends Entry>(entry: E): E {
  return { ...entry, effect: false };
}

const goTypes: Readonly<Record<Kind, string>> = {
  string: "string",
  number: "number",
  integer: "number",
  bool: "bool",
  "list(string)": "list(string)",
  "list(number)": "list(number)",
  duration: "any",
  any: "any",
};

/** The schema as the Go side's Schema wants it. */
export function toGoSchema(schema: Schema): unknown {
  const attributes: Record<string, string> = {};
  const maps: Record<string, string> = {};
  const trees: string[] = [];
  const inner: Record<string, unknown> = {};
  for (const [name, entry] of Object.entries(schema)) {
    if (entry.entry === "attribute") attributes[name] = goTypes[entry.kind];
    else if (entry.entry === "map") maps[name] = entry.values;
    else if (entry.entry === "tree") trees.push(name);
    else inner[name] = { label: entry.label ?? "", body: toGoSchema(entry.body) };
  }
  return { attributes, maps, trees, blocks: inner };
}
