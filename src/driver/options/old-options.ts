import { closestName } from "../../task/index.ts";
import type { Field, FieldTable, Reading } from "./fields.ts";

/** The flat client options of 2015 to 2019, and the keys of today that they mean. */
const todaysKeys: Readonly<Record<string, readonly string[]>> = {
  "docker.endpoint": ["endpoint"],
  "docker.auth.config": ["auth", "config"],
  "docker.auth.helper": ["auth", "helper"],
  "docker.tls.cert": ["tls", "cert"],
  "docker.tls.key": ["tls", "key"],
  "docker.tls.ca": ["tls", "ca"],
  "docker.cleanup.image": ["gc", "image"],
  "docker.cleanup.image.delay": ["gc", "image_delay"],
  "docker.cleanup.container": ["gc", "container"],
  "docker.volumes.enabled": ["volumes", "enabled"],
  "docker.volumes.selinuxlabel": ["volumes", "selinuxlabel"],
  "docker.privileged.enabled": ["allow_privileged"],
  "docker.caps.allowlist": ["allow_caps"],
  "docker.caps.whitelist": ["allow_caps"],
  "docker.nvidia_runtime": ["nvidia_runtime"],
};

/**
 * The `docker.*` options as a block of today. Wrong values are told under the name they were written with and
 * left out of the block. Other names are other drivers' business, unless they look like a slip.
 */
export function readOldOptions(
  options: Readonly<Record<string, unknown>>,
  fields: FieldTable,
  reading: Reading,
): Record<string, unknown> {
  const block: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    if (!name.startsWith("docker.") && closestName(name, Object.keys(todaysKeys)) === undefined) continue;
    const keys = Object.hasOwn(todaysKeys, name) ? todaysKeys[name] : undefined;
    const field = keys === undefined ? undefined : fieldAt(fields, keys);
    if (keys === undefined || field === undefined) {
      reading.problems.push({ path: [name], ...unknownOption(name) });
      continue;
    }
    const written = field.type === "list(string)" && typeof value === "string" ? splitList(value) : value;
    const before = reading.problems.length;
    field.read(written, [name], reading);
    if (reading.problems.length === before) put(block, keys, written);
  }
  return block;
}

function unknownOption(name: string): { message: string; hint: string } {
  const known = Object.keys(todaysKeys);
  const near = closestName(name, known);
  const question = near === undefined ? "" : `; did you mean "${near}"?`;
  return { message: `unknown option${question}`, hint: `Known options: ${known.join(", ")}.` };
}

function splitList(list: string): readonly string[] {
  return list
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
}

function fieldAt(fields: FieldTable, keys: readonly string[]): Field<unknown> | undefined {
  const [first = "", ...rest] = keys;
  const field = fields[first];
  return rest.length === 0 || field?.fields === undefined ? field : fieldAt(field.fields, rest);
}

function put(block: Record<string, unknown>, keys: readonly string[], value: unknown): void {
  const [first = "", second] = keys;
  if (second === undefined) block[first] = value;
  else block[first] = { ...(block[first] as Record<string, unknown> | undefined), [second]: value };
}
