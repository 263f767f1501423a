export { parseDurationMs } from "../task/index.ts";
