import { closestName, type OptionProblem, parseDurationMs } from "../../task/index.ts";

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

interface Spec<D, V> {
  readonly doc: string;
  readonly default?: D;
  readonly required?: boolean;
  /** Says what is wrong with a value that has the right type. */
  readonly check?: (value: V) => string | undefined;
}

type Convert<V> = (value: unknown, keepReferences: boolean) => V | undefined;

const isReference = (value: unknown): boolean => typeof value === "string" && value.includes("${");

function scalar<V, D extends V | undefined>(
  type: FieldType,
  expected: string,
  convert: Convert<V>,
  spec: Spec<D, V>,
): Field<V | D> {
  return {
    type,
    doc: spec.doc,
    required: spec.required ?? false,
    default: spec.default,
    fields: undefined,
    read(value, path, reading) {
      // The type says D where no default is given: then D is undefined.
      const fallback = spec.default as D;
      if (value === undefined || value === null) {
        if (spec.required) reading.problems.push({ path, message: "is required" });
        return fallback;
      }
      if (reading.keepReferences && isReference(value)) return fallback;
      const converted = convert(value, reading.keepReferences);
      if (converted === undefined) {
        reading.problems.push({ path, message: `must be ${expected}, not ${describe(value)}` });
        return fallback;
      }
      const fault = spec.check?.(converted);
      if (fault !== undefined) reading.problems.push({ path, message: fault });
      return converted;
    },
  };
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "a block";
  return JSON.stringify(value) ?? typeof value;
}

function toText(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

function toBool(value: unknown): boolean | undefined {
  if (value === true || value === "true" || value === "1") return true;
  return value === false || value === "false" || value === "0" ? false : undefined;
}

function toNumber(value: unknown): number | undefined {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}

function toTexts(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const texts = value.map(toText);
  return texts.every((text) => text !== undefined) ? texts : undefined;
}

/** Blocks arrive as an object or as a list of objects, which are laid over one another. */
function toMap<V>(value: unknown, convert: (value: unknown) => V | undefined) {
  const parts: unknown[] = Array.isArray(value) ? value : [value];
  const map: Record<string, V> = {};
  for (const part of parts) {
    if (typeof part !== "object" || part === null || Array.isArray(part)) return undefined;
    for (const [name, entry] of Object.entries(part)) {
      const converted = convert(entry);
      if (converted === undefined) return undefined;
      map[name] = converted;
    }
  }
  return map;
}

export const text = <const D extends string | undefined = undefined>(spec: Spec<D, string>) =>
  scalar<string, D>("string", "a string", toText, spec);

export const bool = <const D extends boolean | undefined = undefined>(spec: Spec<D, boolean>) =>
  scalar<boolean, D>("bool", "true or false", toBool, spec);

export const number = <const D extends number | undefined = undefined>(spec: Spec<D, number>) =>
  scalar<number, D>("number", "a number", toNumber, spec);

export const texts = (spec: Spec<readonly string[], readonly string[]>) =>
  scalar<readonly string[], readonly string[]>("list(string)", "a list of strings", toTexts, {
    default: [],
    ...spec,
  });

export const textOrTexts = (spec: Spec<undefined, string | readonly string[]>) =>
  scalar<string | readonly string[], undefined>(
    "string or list(string)",
    "a list of strings, or one string",
    (value) => toTexts(value) ?? toText(value),
    spec,
  );

export const textMap = (spec: Spec<Readonly<Record<string, string>>, Readonly<Record<string, string>>>) =>
  scalar<Readonly<Record<string, string>>, Readonly<Record<string, string>>>(
    "map(string)",
    "a map of strings",
    (value) => toMap(value, toText),
    { default: {}, ...spec },
  );

export const numberMap = (spec: Spec<Readonly<Record<string, number>>, Readonly<Record<string, number>>>) =>
  scalar<Readonly<Record<string, number>>, Readonly<Record<string, number>>>(
    "map(number)",
    "a map of numbers",
    (value, keepReferences) =>
      toMap(value, (entry) => (keepReferences && isReference(entry) ? 1 : toNumber(entry))),
    { default: {}, ...spec },
  );

/** A duration in Go's form; the option's value is milliseconds. `default` is written as in a file. */
export function duration(spec: {
  readonly doc: string;
  readonly default: string;
  readonly minMs?: number;
}): Field<number> {
  const field = optionalDuration(spec);
  const fallback = parseDurationMs(spec.default) ?? 0;
  return { ...field, read: (value, path, reading) => field.read(value, path, reading) ?? fallback };
}

/** Like {@link duration}, for a key whose absence means something. */
export function optionalDuration(spec: {
  readonly doc: string;
  readonly default?: string;
  readonly minMs?: number;
}): Field<number | undefined> {
  const expected = 'a duration such as "30s" or "5m"';
  const toDuration = (value: unknown) => (typeof value === "string" ? parseDurationMs(value) : undefined);
  const field = scalar<number, undefined>("duration", expected, toDuration, {
    doc: spec.doc,
    check: (ms) =>
      ms < (spec.minMs ?? 0) ? `must be at least ${(spec.minMs ?? 0) / 1000} seconds` : undefined,
  });
  return { ...field, default: spec.default };
}

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

function unknownKey(name: string, known: readonly string[], path: OptionPath): OptionProblem {
  const near = closestName(name, known);
  const question = near === undefined ? "" : `; did you mean "${near}"?`;
  return {
    path: [...path, name],
    message: `unknown key${question}`,
    hint: near === undefined ? `Known keys: ${known.join(", ")}.` : undefined,
  };
}
