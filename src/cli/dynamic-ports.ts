import { defaultDynamicPorts, type PortRange } from "../agent/index.ts";
import type { AgentConfig } from "../jobfile/index.ts";
import { UsageError } from "./usage-error.ts";

/** The configuration's range of dynamic ports. Throws a UsageError for one that ends before it begins. */
export function toDynamicPorts({ min, max }: AgentConfig["dynamicPorts"]): PortRange {
  const range = { min: min ?? defaultDynamicPorts.min, max: max ?? defaultDynamicPorts.max };
  if (range.min <= range.max) return range;
  throw new UsageError(
    `min_dynamic_port ${range.min} is above max_dynamic_port ${range.max}`,
    `Where one of them is missing, it is ${defaultDynamicPorts.min} or ${defaultDynamicPorts.max}.`,
  );
}
