import { readdir, readFile } from "node:fs/promises";
import type { FieldTable } from "../../src/driver/index.ts";
import { elsewhere, seenInstead } from "./seen.ts";

export type TableName = "task" | "agent";

/** A test that shows what a key does. */
export interface Proof {
  /** From the repository's root. */
  readonly file: string;
  readonly title: string;
}

/** One row of a table of keys; keys of blocks are written `block.key`. */
export interface Key {
  readonly path: string;
  readonly field: FieldTable[string];
  /** A block has no effect of its own: its keys are shown. */
  readonly isBlock: boolean;
}

/** All keys of a table; a block that has the keys of one before it does not list them again. */
export function listKeys(fields: FieldTable): readonly Key[] {
  const seen = new Set<FieldTable>();
  const walk = (table: FieldTable, before: string): readonly Key[] =>
    Object.entries(table).flatMap(([name, field]) => {
      const path = `${before}${name}`;
      const inside = field.fields === undefined || seen.has(field.fields) ? undefined : field.fields;
      if (inside !== undefined) seen.add(inside);
      const rest = inside === undefined ? [] : walk(inside, `${path}.`);
      return [{ path, field, isBlock: inside !== undefined }, ...rest];
    });
  return walk(fields, "");
}

const folder = "test/options";
const keyed = /^\s*(?:it|test)\(\s*"((?:`[a-z0-9_.]+`(?:, )?)+): ((?:[^"\\]|\\.)*)"/gm;

/**
 * Which tests show which keys: those of this folder whose titles begin with keys (`task-*.test.ts` for a task's, and
 * `agent-*.test.ts` for the agent's), and those that stand elsewhere.
 */
export async function findProofs(table: TableName): Promise<ReadonlyMap<string, readonly Proof[]>> {
  const proofs = new Map<string, Proof[]>();
  const add = (key: string, proof: Proof) => proofs.set(key, [...(proofs.get(key) ?? []), proof]);
  for (const name of (await readdir(folder)).filter((each) => each.startsWith(`${table}-`)).sort()) {
    const source = await readFile(`${folder}/${name}`, "utf8");
    for (const [, keys = "", title = ""] of source.matchAll(keyed)) {
      for (const [, key = ""] of keys.matchAll(/`([a-z0-9_.]+)`/g)) {
        add(key, { file: `${folder}/${name}`, title });
      }
    }
  }
  for (const [key, proof] of Object.entries(elsewhere[table])) add(key, proof);
  return proofs;
}

/** What was seen in place of the effect, where this machine cannot show it. */
export function whatWasSeen(table: TableName, key: string): string {
  return seenInstead[table][key] ?? "yes";
}
