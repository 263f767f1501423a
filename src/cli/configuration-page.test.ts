import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { agentFields } from "../driver/options/agent-options.ts";
import type { FieldTable } from "../driver/options/fields.ts";
import { taskFields } from "../driver/options/task-options.ts";

/** Lines of a table of keys; keys of blocks follow their block as `block.key`. */
function toRows(fields: FieldTable, before = ""): readonly string[] {
  return Object.entries(fields).flatMap(([name, field]) => {
    const path = `${before}${name}`;
    const rest = field.required ? "required" : toDefault(field.default);
    const row = `| \`${path}\` | ${field.type}${rest === "" ? "" : `, ${rest}`} | ${toCell(field.doc)} |`;
    return [row, ...(field.fields === undefined ? [] : toRows(field.fields, `${path}.`))];
  });
}

function toDefault(value: unknown): string {
  if (value === undefined) return "";
  if (typeof value === "object" && Object.keys(value ?? {}).length === 0) return "";
  if (Array.isArray(value)) return value.map((item) => `\`${item}\``).join(" ");
  return `\`${typeof value === "object" ? JSON.stringify(value) : String(value)}\``;
}

const toCell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("<", "&lt;");

function toTable(fields: FieldTable): string {
  return ["| key | type, default | meaning |", "| --- | --- | --- |", ...toRows(fields)].join("\n");
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
