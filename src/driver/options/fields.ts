import { closestName, type OptionProblem } from "../../task/index.ts";

/** The types a key can have, under the names that HashiCorp's hclspec gives them. */
export type FieldType =
  | "string"
  | "bool"
  | "number"
  | "duration"
  | "list(string)"
  | "string or list(string)"
  | "map(string)"
  | "map(number)"
  /** A block of free keys that stands once. */
  | "block(string)"
  | "block"
  | "list(block)";

export type OptionPath = readonly (string | number)[];

/** Where a reading of options collects what it finds. */
export interface Reading {
  readonly problems: OptionProblem[];
  /** Values that still hold a run-time reference (`${...}`) are not judged. */
  readonly keepReferences: boolean;
}

/** One key of a block: what it takes, what it is without being set, and what it does in a sentence. */
export interface Field<T> {
  readonly type: FieldType;
  readonly doc: string;
  readonly required: boolean;
  /** As written in a file; undefined when the key has no default. */
  readonly default: unknown;
  /** The keys inside, for blocks. */
  readonly fields: FieldTable | undefined;
  /** The value of the key, checked; adds to `reading.problems` what is wrong with it. */
  read(value: unknown, path: OptionPath, reading: Reading): T;
}

export type FieldTable = Readonly<Record<string, Field<unknown>>>;

/** The TypeScript type of the options that a table describes. */
export type OptionsOf<T extends FieldTable> = {
  readonly [K in keyof T]: T[K] extends Field<infer V> ? V : never;
};

/** A block that may stand once; without it its keys have their defaults. */
export function block<T extends FieldTable>(doc: string, fields: T): Field<OptionsOf<T>> {
  return {
    type: "block",
    doc,
    required: false,
    default: undefined,
    fields,
    read(value, path, reading) {
      const list = value === undefined || value === null ? [{}] : Array.isArray(value) ? value : [value];
      if (list.length > 1) reading.problems.push({ path, message: "may stand only once" });
      return readFields(list[0] ?? {}, fields, path, reading);
    },
  };
}

/** A block that may stand many times. */
export function blocks<T extends FieldTable>(doc: string, fields: T): Field<readonly OptionsOf<T>[]> {
  return {
    type: "list(block)",
    doc,
    required: false,
    default: undefined,
    fields,
    read(value, path, reading) {
      if (value === undefined || value === null) return [];
      if (!Array.isArray(value)) return [readFields(value, fields, path, reading)];
      return value.map((entry, index) => readFields(entry, fields, [...path, index], reading));
    },
  };
}

/** Reads one block by its table; every unknown key and wrong value becomes a problem of the reading. */
export function readFields<T extends FieldTable>(
  value: unknown,
  fields: T,
  path: OptionPath,
  reading: Reading,
): OptionsOf<T> {
  const isBlock = typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isBlock) reading.problems.push({ path, message: `must be a block, not ${describe(value)}` });
  const given: Readonly<Record<string, unknown>> = isBlock ? { ...value } : {};
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(fields, name)) reading.problems.push(unknownKey(name, Object.keys(fields), path));
  }
  const entries = Object.entries(fields).map(([name, field]) => {
    return [name, field.read(given[name], [...path, name], reading)];
  });
  // Each entry was read by the field of that name.
  return Object.fromEntries(entries) as OptionsOf<T>;
}

/** A value as a message shows it. */
export function describe(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "a block";
  return JSON.stringify(value) ?? typeof value;
}

function unknownKey(name: string, known: readonly string[], path: OptionPath): OptionProblem {
  const near = closestName(name, known);
  const question = near === undefined ? "" : `; did you mean "${near}"?`;
  return {
    path: [...path, name],
    about: "key",
    message: `unknown key${question}`,
    hint: near === undefined ? `Known keys: ${known.join(", ")}.` : undefined,
  };
}
