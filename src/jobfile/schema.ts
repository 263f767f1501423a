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

/**
 * Schemas by name as the Go side wants them: a line of names, each with the number of its schema, then a line for each
 * schema, in which blocks have the number of theirs.
 */
export function toGoSchemas(roots: Readonly<Record<string, Schema>>): string {
  const numbers = new Map<Schema, number>();
  const lines: string[] = [];
  const toNumber = (schema: Schema): number => {
    const known = numbers.get(schema);
    if (known !== undefined) return known;
    const number = numbers.size;
    numbers.set(schema, number);
    lines[number] = toGoSchema(schema, toNumber);
    return number;
  };
  const names = Object.entries(roots).map(([name, schema]) => `${name} ${toNumber(schema)}`);
  return [names.join(" "), ...lines].join("\n");
}

/** Attributes with types, maps with types, trees, and blocks with label and number. */
function toGoSchema(schema: Schema, toNumber: (schema: Schema) => number): string {
  const words = {
    attribute: [] as string[],
    map: [] as string[],
    tree: [] as string[],
    block: [] as string[],
  };
  for (const [name, entry] of Object.entries(schema)) {
    const about = words[entry.entry];
    if (entry.entry === "attribute") about.push(name, goTypes[entry.kind]);
    else if (entry.entry === "map") about.push(name, entry.values);
    else if (entry.entry === "tree") about.push(name);
    else about.push(name, entry.label ?? "-", String(toNumber(entry.body)));
  }
  return [words.attribute, words.map, words.tree, words.block].map((part) => part.join(" ")).join("\t");
}
