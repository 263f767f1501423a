export {
  type ContainerPlan,
  type PlanContext,
  planContainer,
  toContainerName,
} from "./container/plan-container.ts";
export type { EngineFacts, Topology } from "./container/planning.ts";
export { type PublishedPort, planPorts, toPublishedPort } from "./container/ports.ts";
export { createDockerDriver, DockerDriver } from "./docker-driver.ts";
export type { DockerDriverOptions } from "./docker-driver-options.ts";
export { toNodeAttributes } from "./fingerprint.ts";
export type { OutputLimits } from "./logs/output-limits.ts";
export { type OpenDriver, type OpenDriverOptions, openDockerDriver } from "./open-driver.ts";
export { type AgentOptions, agentFields, parseAgentOptions } from "./options/agent-options.ts";
export type { Field, FieldTable } from "./options/fields.ts";
export { checkTaskOptions, type TaskOptions, taskFields } from "./options/task-options.ts";
export { findOwnEndpoint } from "./own-engine.ts";
export type { FollowLogsOptions, TaskOutput } from "./tasks/task-logs.ts";
