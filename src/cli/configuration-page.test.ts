import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { agentFields } from "../driver/options/agent-options.ts";
import type { FieldTable } from "../driver/options/fields.ts";
import { taskFields } from "../driver/options/task-options.ts";

type Row = readonly [key: string, type: string, meaning: string];

/** Rows of a table of keys; keys of blocks follow their block as `block.key`. */
function toRows(fields: FieldTable, before = ""): readonly Row[] {
  return Object.entries(fields).flatMap(([name, field]) => {
    const path = `${before}${name}`;
    const list = Array.isArray(field.default) ? field.default : [];
    const rest = field.required ? "required" : toDefault(field.default);
    const usual = list.length === 0 ? "" : ` Default: ${list.map((item) => `\`${item}\``).join(" ")}`;
    const row: Row = [
      `\`${path}\``,
      `${field.type}${rest === "" ? "" : `, ${rest}`}`,
      toCell(field.doc) + usual,
    ];
    return [row, ...(field.fields === undefined ? [] : toRows(field.fields, `${path}.`))];
  });
}

function toDefault(value: unknown): string {
  if (value === undefined || Array.isArray(value)) return "";
  if (typeof value !== "object") return `\`${String(value)}\``;
  return Object.keys(value ?? {}).length === 0 ? "" : `\`${JSON.stringify(value)}\``;
}

const toCell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("<", "&lt;");

/** A table as the formatter lays it out. */
function toTable(fields: FieldTable): string {
  const head: Row = ["key", "type, default", "meaning"];
  const rows = [head, ...toRows(fields)];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const toLine = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const [first = "", ...rest] = rows.map(toLine);
  return [first, toLine(widths.map((width) => "-".repeat(width))), ...rest].join("\n");
}

/** Puts tables where the page has `<!-- table: name -->`, up to `<!-- end -->`. */
function fill(page: string, tables: Readonly<Record<string, FieldTable>>): string {
  return page.replace(/(<!-- table: (\w+) -->\n)[\s\S]*?(<!-- end -->)/g, (_, start, name, end) => {
    const fields = tables[name];
    if (fields === undefined) throw new Error(`the page asks for an unknown table ${name}`);
    return `${start}\n${toTable(fields)}\n\n${end}`;
  });
}

describe("docs/configuration.md", () => {
  it("has the tables that the driver reads its options by (run vitest with -u to write them)", async () => {
    const page = new URL("../../docs/configuration.md", import.meta.url);
    const written = readFileSync(page, "utf8");
    const filled = fill(written, { agent: agentFields, task: taskFields });
    expect(filled).toContain("`docker.cleanup.image`");
    await expect(filled).toMatchFileSnapshot(page.pathname);
  });
});
