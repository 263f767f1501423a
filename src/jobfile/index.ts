export { type AgentConfig, readAgentConfig } from "./agent-config.ts";
export { parseDurationMs } from "./duration.ts";
export { formatDiagnostic } from "./format-diagnostic.ts";
export { formatJobFile } from "./format-job-file.ts";
export * from "./job.ts";
export { JobFileError } from "./job-file-error.ts";
export { type ReadJobOptions, readJobFile } from "./read-job-file.ts";
export type { JobSource } from "./read-source.ts";
export { type RenderInput, renderTemplate } from "./render-template.ts";
