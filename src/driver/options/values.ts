import { type OptionProblem, parseDurationMs } from "../../task/index.ts";
import { describe, type Field, type FieldType, type OptionPath, type Reading } from "./fields.ts";

/** What is wrong with a value, and perhaps what to try. */
export type Fault = string | Pick<OptionProblem, "message" | "hint">;

/** Says what is wrong with a value that has the right type. */
export type Check<V> = (value: V) => Fault | undefined;

interface Spec<D, V> {
  readonly doc: string;
  readonly default?: D;
  readonly required?: boolean;
  readonly check?: Check<V>;
}

/** Of a list or map: `each` says what is wrong with one entry, `key` being its place or its name. */
interface PartsSpec<V, E> extends Spec<V, V> {
  readonly each?: (entry: E, key: string) => Fault | undefined;
}

type Convert<V> = (value: unknown, keepReferences: boolean) => V | undefined;
type TextMap = Readonly<Record<string, string>>;
type NumberMap = Readonly<Record<string, number>>;

/** Nomad's own driver cannot tell an empty string from none, and job files rely on it. */
const isUnset = (value: unknown, type: FieldType): boolean =>
  value === undefined || value === null || (value === "" && (type === "string" || type === "duration"));

/** Whether a value will only be known at run time. */
export const isReference = (value: unknown): boolean => typeof value === "string" && value.includes("${");

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
      if (isUnset(value, type)) {
        if (spec.required) reading.problems.push({ path, message: "is required" });
        return fallback;
      }
      const converted = convert(value, reading.keepReferences);
      // That the key is set is known, and that is all.
      if (reading.keepReferences && isReference(value)) return converted ?? fallback;
      if (converted === undefined) {
        reading.problems.push({ path, message: `must be ${expected}, not ${describe(value)}` });
        return fallback;
      }
      report(spec.check?.(converted), path, reading);
      return converted;
    },
  };
}

function report(fault: Fault | undefined, path: OptionPath, reading: Reading): void {
  if (fault === undefined) return;
  reading.problems.push({ path, ...(typeof fault === "string" ? { message: fault } : fault) });
}

/** A list or map whose entries are judged one by one, each at its own path. */
function parts<V extends object, E>(
  type: FieldType,
  expected: string,
  convert: Convert<V>,
  { each, ...spec }: PartsSpec<V, E> & { readonly default: V },
): Field<V> {
  const whole = scalar<V, V>(type, expected, convert, spec);
  return {
    ...whole,
    read(value, path, reading) {
      const read = whole.read(value, path, reading);
      if (each === undefined) return read;
      for (const [key, entry] of Object.entries(read)) {
        if (reading.keepReferences && isReference(entry)) continue;
        report(each(entry, key), [...path, Array.isArray(read) ? Number(key) : key], reading);
      }
      return read;
    },
  };
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
  const list: unknown[] = Array.isArray(value) ? value : [value];
  const map: Record<string, V> = {};
  for (const part of list) {
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

/** One of a few words. */
export const choice = <const V extends string, const D extends V | undefined = undefined>({
  of,
  ...spec
}: Spec<D, V> & { readonly of: readonly V[] }) =>
  scalar<V, D>("string", `one of ${of.join(", ")}`, (value) => of.find((one) => one === value), spec);

export const bool = <const D extends boolean | undefined = undefined>(spec: Spec<D, boolean>) =>
  scalar<boolean, D>("bool", "true or false", toBool, spec);

export const number = <const D extends number | undefined = undefined>(spec: Spec<D, number>) =>
  scalar<number, D>("number", "a number", toNumber, spec);

export const texts = (spec: PartsSpec<readonly string[], string>) =>
  parts<readonly string[], string>("list(string)", "a list of strings", toTexts, { default: [], ...spec });

export const textOrTexts = (spec: Spec<undefined, string | readonly string[]>) =>
  scalar<string | readonly string[], undefined>(
    "string or list(string)",
    "a list of strings, or one string",
    (value) => toTexts(value) ?? toText(value),
    spec,
  );

export const textMap = (spec: PartsSpec<TextMap, string>) =>
  parts<TextMap, string>("map(string)", "a map of strings", (value) => toMap(value, toText), {
    default: {},
    ...spec,
  });

/** Like {@link textMap}, for a key that Nomad's agents take as one block, or as an object. */
export const textBlock = (spec: PartsSpec<TextMap, string>): Field<TextMap> => ({
  ...textMap(spec),
  type: "block(string)",
});

export const numberMap = (spec: PartsSpec<NumberMap, number>) =>
  parts<NumberMap, number>(
    "map(number)",
    "a map of numbers",
    (value, keepReferences) =>
      toMap(value, (entry) => (keepReferences && isReference(entry) ? 1 : toNumber(entry))),
    { default: {}, ...spec },
  );

interface DurationSpec {
  readonly doc: string;
  /** Milliseconds. */
  readonly min?: number;
}

/** A duration in Go's form; the option's value is milliseconds. `default` is written as in a file. */
export function duration(spec: DurationSpec & { readonly default: string }): Field<number> {
  const field = optionalDuration(spec);
  const fallback = parseDurationMs(spec.default) ?? 0;
  return {
    ...field,
    default: spec.default,
    read: (value, path, reading) => field.read(value, path, reading) ?? fallback,
  };
}

/** Engines count in nanoseconds of 64 bits, as Go does: 292 years. */
const longestMs = 9_223_372_036_854;

/** Like {@link duration}, for a key whose absence means something. */
export function optionalDuration({ doc, min = 0 }: DurationSpec): Field<number | undefined> {
  const toDuration = (value: unknown) => (typeof value === "string" ? parseDurationMs(value) : undefined);
  const least = min % 1000 === 0 ? `${min / 1000} seconds` : `${min} ms`;
  return scalar<number, undefined>("duration", 'a duration such as "30s" or "5m"', toDuration, {
    doc,
    check: (ms) => {
      if (ms > longestMs) return "must be at most 2562047h";
      return ms < min ? `must be at least ${least}` : undefined;
    },
  });
}
