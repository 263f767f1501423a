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
  type DockerDriverOptions,
  type EngineFacts,
  type PlanContext,
  parseAgentOptions as parseDriverOptions,
  planContainer,
  type TaskOptions,
  type Topology,
} from "./driver/index.ts";
export {
  createEngine,
  type Engine,
  type EngineOptions,
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
export * from "./task/index.ts";
