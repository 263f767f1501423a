export { closestName } from "./closest-name.ts";
export { parseDurationMs } from "./duration.ts";
export * from "./errors.ts";
export * from "./logger.ts";
export { parseSignal, toSignal } from "./signals.ts";
export * from "./task-config.ts";
export * from "./task-driver.ts";
export { errorCode, errorMessage, toError } from "./thrown.ts";
export { longestTimerMs, startTimer } from "./timer.ts";
export {
  Deferred,
  onAbort,
  pause,
  settlesWithin,
  toCanceled,
  unlessAborted,
  untilAborted,
} from "./waiting.ts";
