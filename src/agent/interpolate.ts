/** Answers the value of a reference's inside (`NOMAD_IP`, `attr.cpu.arch`); undefined when it is not known. */
export type Lookup = (reference: string) => string | undefined;

export interface ReferenceSources {
  readonly env: (name: string) => string | undefined;
  /** By full name: `attr.kernel.name`, `meta.rack`, `node.unique.id`. */
  readonly node: ReadonlyMap<string, string>;
}

// `$${` first, so that it is never seen as `$` and a reference.
const pattern = /\$\$\{|\$\{([^${}]*)\}/g;

/**
 * `text` with its references replaced once. What is not known stays as written, and `$${` becomes `${`;
 * what a value brings along is not looked at again.
 */
export function interpolate(text: string, lookup: Lookup): string {
  if (!text.includes("${")) return text;
  return text.replace(pattern, (whole: string, inside: string | undefined) =>
    inside === undefined ? "${" : (lookup(inside.trim()) ?? whole),
  );
}

/** `value` with every string in it interpolated; keys stay. */
export function interpolateDeep<T>(value: T, lookup: Lookup): T;
export function interpolateDeep(value: unknown, lookup: Lookup): unknown {
  if (typeof value === "string") return interpolate(value, lookup);
  if (Array.isArray(value)) return value.map((item) => interpolateDeep(item, lookup));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]: [string, unknown]) => [key, interpolateDeep(item, lookup)]),
  );
}

const indexed = /^env\[\s*"([^"\\]+)"\s*\]$/;

/** Finds `env["X"]`, `env.X`, `attr.*`, `meta.*` and `node.*`, and any other name in the task's environment. */
export function createLookup({ env, node }: ReferenceSources): Lookup {
  return (reference) => {
    const index = indexed.exec(reference)?.[1];
    if (index !== undefined) return env(index);
    if (reference.startsWith("env.")) return env(reference.slice("env.".length));
    return node.get(reference) ?? env(reference);
  };
}
