export * from "./agent.ts";
export {
  type AgentOptions,
  defaultDynamicPorts,
  type HostVolume,
  type PlaceOptions,
  toAgentSettings,
} from "./agent-options.ts";
export type { Clock } from "./clock.ts";
export { createAgent } from "./create-agent.ts";
export { readNodeFacts } from "./machine.ts";
export { checkJob, type PlannedTask, planJob } from "./plan-job.ts";
export type { PortRange } from "./port-allocator.ts";
