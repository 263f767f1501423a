import type { Field, FieldTable } from "../driver/options/fields.ts";
import type { Spec } from "./proto/generated/nomad/hclspec.ts";

/** What Nomad's agent checks a block against and reads it by, from the tables that the driver reads by. */
export function toObjectSpec(fields: FieldTable): Spec {
  const entries = Object.entries(fields).map(([name, field]) => [name, toSpec(name, field)] as const);
  return { block: { $case: "object", value: { attributes: new Map(entries) } } };
}

function toSpec(name: string, field: Field<unknown>): Spec {
  const nested = toObjectSpec(field.fields ?? {});
  switch (field.type) {
    case "block":
      return { block: { $case: "blockValue", value: { name, required: field.required, nested } } };
    case "list(block)":
      return { block: { $case: "blockList", value: { name, minItems: 0, maxItems: 0, nested } } };
    // Written as a block or assigned, once or several times.
    case "map(string)":
      return toAttribute(name, "list(map(string))", field);
    case "map(number)":
      return toAttribute(name, "list(map(number))", field);
    case "block(string)":
      return {
        block: { $case: "blockAttrs", value: { name, type: "string", required: field.required } },
      };
    case "duration":
      return toAttribute(name, "string", field);
    // One type only can be told; the agents that take this specification take lists.
    case "string or list(string)":
      return toAttribute(name, "list(string)", field);
    default:
      return toAttribute(name, field.type, field);
  }
}

function toAttribute(name: string, type: string, field: Field<unknown>): Spec {
  const primary: Spec = { block: { $case: "Attr", value: { name, type, required: field.required } } };
  const literal = toLiteral(field.default);
  if (literal === undefined) return primary;
  const fallback: Spec = { block: { $case: "literal", value: { value: literal } } };
  return { block: { $case: "default", value: { primary, default: fallback } } };
}

/** A default in HCL; undefined where leaving it out means the same. */
function toLiteral(value: unknown): string | undefined {
  if (Array.isArray(value)) return value.length === 0 ? undefined : toText(value);
  return value === undefined || typeof value === "object" ? undefined : toText(value);
}

function toText(value: unknown): string {
  return JSON.stringify(value).replaceAll("${", "$${").replaceAll("%{", "%%{");
}
