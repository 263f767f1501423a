export * from "./duration.ts";
export * from "./job.ts";
export * from "./job-file-error.ts";
export * from "./read-job-file.ts";
