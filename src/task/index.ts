export { closestName } from "./closest-name.ts";
export { longestTimerMs, parseDurationMs } from "./duration.ts";
export * from "./errors.ts";
export * from "./logger.ts";
export * from "./task-config.ts";
export * from "./task-driver.ts";
export { errorCode, errorMessage, toError } from "./thrown.ts";
