export * from "./agent.ts";
export {
  type AgentOptions,
  type AgentSettings,
  defaultDynamicPorts,
  type HostVolume,
  type PlaceOptions,
  toAgentSettings,
} from "./agent-options.ts";
export type { ArtifactLimits } from "./artifacts/artifact-limits.ts";
export type { Clock } from "./clock.ts";
export { createAgent } from "./create-agent.ts";
export { findHostAddress } from "./host-address.ts";
export { type Machine, readMachine, readNodeFacts } from "./machine.ts";
export { checkJob, type Place, type PlannedTask, type PlanOptions, planJob } from "./plan-job.ts";
export type { PortRange } from "./port-allocator.ts";
export type { TemplateRenderer } from "./template-renderer.ts";
