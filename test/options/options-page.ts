import type { FieldTable } from "../../src/driver/index.ts";
import { findProofs, type Key, listKeys, type Proof, type TableName, whatWasSeen } from "./proofs.ts";

/** Puts a table of keys where the page has `<!-- table: name -->`, up to `<!-- end -->`. */
export async function fillPage(
  page: string,
  tables: Readonly<Record<TableName, FieldTable>>,
): Promise<string> {
  let filled = page;
  for (const name of ["task", "agent"] as const) {
    const table = await toTable(name, tables[name]);
    const place = new RegExp(`(<!-- table: ${name} -->\n)[^]*?(<!-- end -->)`);
    filled = filled.replace(place, (_, start: string, end: string) => `${start}\n${table}\n\n${end}`);
  }
  return filled;
}

async function toTable(name: TableName, fields: FieldTable): Promise<string> {
  const proofs = await findProofs(name);
  const rows = listKeys(fields).map((key) => toRow(name, key, proofs.get(key.path) ?? []));
  const head = ["key", "type, default", "meaning", "test", "seen"];
  return [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

function toRow(table: TableName, { path, field, isBlock }: Key, proofs: readonly Proof[]): readonly string[] {
  const usual = toDefault(field.default);
  const type = [field.type, ...(field.required ? ["required"] : []), ...(usual === "" ? [] : [usual])];
  const tests = proofs.map(({ file, title }) => `[${toCell(title)}](../${file})`).join("<br>");
  const seen = isBlock ? "" : toCell(whatWasSeen(table, path));
  return [`\`${path}\``, type.join(", "), toCell(field.doc), tests, seen];
}

function toDefault(value: unknown): string {
  if (value === undefined) return "";
  if (Array.isArray(value)) return value.map((item) => `\`${String(item)}\``).join(" ");
  if (typeof value !== "object") return `\`${String(value)}\``;
  return Object.keys(value ?? {}).length === 0 ? "" : `\`${JSON.stringify(value)}\``;
}

const toCell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
