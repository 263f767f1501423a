import type { Fingerprint } from "../../task/index.ts";
import type { Attribute } from "../proto/generated/nomad/attribute.ts";
import {
  type FingerprintResponse,
  FingerprintResponse_HealthState as HealthState,
} from "../proto/generated/nomad/driver.ts";

const states: Readonly<Record<Fingerprint["health"], HealthState>> = {
  undetected: HealthState.UNDETECTED,
  unhealthy: HealthState.UNHEALTHY,
  healthy: HealthState.HEALTHY,
};

export function fromFingerprint({ health, description, attributes }: Fingerprint): FingerprintResponse {
  const entries = Object.entries(attributes).map(([name, value]) => [name, toAttribute(value)] as const);
  return { attributes: new Map(entries), health: states[health], healthDescription: description, err: "" };
}

function toAttribute(value: string | number | boolean): Attribute {
  if (typeof value === "boolean") return { value: { $case: "boolVal", value }, unit: "" };
  if (typeof value === "string") return { value: { $case: "stringVal", value }, unit: "" };
  const isWhole = Number.isSafeInteger(value);
  return { value: { $case: isWhole ? "intVal" : "floatVal", value }, unit: "" };
}
