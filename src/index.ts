/** Longshore as a library: a Docker task driver, a host that runs jobs with it, and job files. */

export {
  type Agent,
  type AgentEventDetail,
  type AgentOptions,
  createAgent,
  type JobOutcome,
  type JobRun,
  type NodeFacts,
  type RunEvent,
  type RunOptions,
  type TaskOutcome,
  type TaskRef,
} from "./agent/index.ts";
export {
  type AgentOptions as DriverOptions,
  type ContainerPlan,
  checkTaskOptions,
  createDockerDriver,
  DockerDriver,
  type DockerDriverOptions,
  type EngineFacts,
  type FollowLogsOptions,
  type OutputLimits,
  type PlanContext,
  parseAgentOptions as parseDriverOptions,
  planContainer,
  type TaskOptions,
  type TaskOutput,
  type Topology,
} from "./driver/index.ts";
export {
  createEngine,
  type EndpointSearch,
  type Engine,
  type EngineOptions,
  type EngineTls,
  type FoundEndpoint,
  findEndpoint,
} from "./engine/index.ts";
export {
  formatDiagnostic,
  formatJobFile,
  type Job,
  JobFileError,
  type JobSource,
  type ReadJob,
  type ReadJobOptions,
  readJobFile,
} from "./jobfile/index.ts";
export { prepareTask, type TaskSpec } from "./library/index.ts";
export * from "./task/errors.ts";
export { closestName, parseDurationMs } from "./task/index.ts";
export * from "./task/logger.ts";
export * from "./task/task-config.ts";
export * from "./task/task-driver.ts";
