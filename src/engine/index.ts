export type { EngineOptions } from "./client.ts";
export type { EngineTls } from "./connection.ts";
export type { FoundEndpoint } from "./docker-context.ts";
export { createEngine } from "./docker-engine.ts";
export { type EndpointSearch, findEndpoint } from "./endpoint.ts";
export type * from "./engine.ts";
export type * from "./engine-types.ts";
export { countKnown, LogCursor, type LogPlace } from "./log-cursor.ts";
export { parseTimestamp } from "./timestamps.ts";
