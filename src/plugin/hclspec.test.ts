import { describe, expect, it } from "vitest";
import { agentFields } from "../driver/options/agent-options.ts";
import type { FieldTable } from "../driver/options/fields.ts";
import { taskFields } from "../driver/options/task-options.ts";
import { toObjectSpec } from "./hclspec.ts";
import { Spec } from "./proto/generated/nomad/hclspec.ts";

interface Described {
  readonly type: string;
  readonly required?: boolean;
  readonly default?: string;
  readonly nested?: Readonly<Record<string, Described>>;
}

/** A specification in short, for comparisons. */
function describeObject(spec: Spec | undefined): Readonly<Record<string, Described>> {
  const attributes = spec?.block?.$case === "object" ? [...spec.block.value.attributes] : [];
  return Object.fromEntries(attributes.map(([name, one]) => [name, describeOne(name, one)]));
}

function describeOne(name: string, { block }: Spec): Described {
  switch (block?.$case) {
    case "Attr":
      expect(block.value.name).toBe(name);
      return { type: block.value.type, ...(block.value.required && { required: true }) };
    case "blockAttrs":
      return { type: `block of ${block.value.type}` };
    case "blockValue":
      return { type: "block", nested: describeObject(block.value.nested) };
    case "blockList":
      return { type: "blocks", nested: describeObject(block.value.nested) };
    case "default": {
      const literal = block.value.default?.block;
      const text = literal?.$case === "literal" ? literal.value.value : "";
      return { ...describeOne(name, block.value.primary ?? { block: undefined }), default: text };
    }
    default:
      throw new Error(`unexpected ${block?.$case}`);
  }
}

/** What the agent of today has for its own docker driver; keys that Longshore adds may stand beside. */
describe("toObjectSpec", () => {
  const task = describeObject(toObjectSpec(taskFields));
  const agent = describeObject(toObjectSpec(agentFields));

  it("takes a task's keys in the types that job files have them in", () => {
    expect(task).toMatchObject({
      image: { type: "string", required: true },
      args: { type: "list(string)" },
      auth: { type: "block", nested: { username: { type: "string" } } },
      cap_add: { type: "list(string)" },
      cpu_cfs_period: { type: "number", default: "100000" },
      devices: { type: "blocks", nested: { host_path: { type: "string" } } },
      labels: { type: "list(map(string))" },
      logging: { type: "block", nested: { config: { type: "list(map(string))" } } },
      mount: {
        type: "blocks",
        nested: {
          type: { type: "string", default: '"volume"' },
          tmpfs_options: { type: "block", nested: { size: { type: "number" } } },
          volume_options: {
            type: "block",
            nested: { driver_config: { nested: { options: { type: "list(map(string))" } } } },
          },
        },
      },
      port_map: { type: "list(map(number))" },
      privileged: { type: "bool" },
      image_pull_timeout: { type: "string" },
      storage_opt: { type: "block of string" },
      sysctl: { type: "list(map(string))" },
      ulimit: { type: "list(map(string))" },
    });
  });

  it("takes an agent's options with their defaults", () => {
    expect(agent).toMatchObject({
      allow_caps: { type: "list(string)", default: expect.stringContaining('"NET_BIND_SERVICE"') },
      gc: {
        type: "block",
        nested: {
          image: { type: "bool", default: "true" },
          image_delay: { type: "string", default: '"3m"' },
          dangling_containers: { type: "block", nested: { period: { default: '"5m"' } } },
        },
      },
      logging: { type: "block", nested: { config: { type: "block of string" } } },
      pids_limit: { type: "number" },
      allow_runtimes: { default: '["runc","nvidia"]' },
    });
  });

  it("names every key of the tables, and is read back as it was written", () => {
    const count = (fields: FieldTable): number =>
      Object.values(fields).reduce((sum, field) => sum + 1 + (field.fields ? count(field.fields) : 0), 0);
    const countDescribed = (keys: Readonly<Record<string, Described>>): number =>
      Object.values(keys).reduce((sum, key) => sum + 1 + (key.nested ? countDescribed(key.nested) : 0), 0);
    for (const [fields, described] of [
      [taskFields, task],
      [agentFields, agent],
    ] as const) {
      expect(countDescribed(described)).toBe(count(fields));
      expect(describeObject(Spec.decode(Spec.encode(toObjectSpec(fields)).finish()))).toEqual(described);
    }
  });
});
