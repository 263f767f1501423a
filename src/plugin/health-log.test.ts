import { expect, test } from "vitest";
import { type Fingerprint, silentLogger } from "../task/index.ts";
import { HealthLog } from "./health-log.ts";

test("an engine that cannot be used is told once for each reason, and its return once", () => {
  const lines: string[] = [];
  const note = (level: string) => (message: string) => void lines.push(`${level} ${message}`);
  const log = new HealthLog({ ...silentLogger, warn: note("warn"), info: note("info") });
  const states: readonly (readonly [Fingerprint["health"], string])[] = [
    ["healthy", "Healthy"],
    ["unhealthy", "gone"],
    ["unhealthy", "gone"],
    ["unhealthy", "no permission"],
    ["healthy", "Healthy"],
    ["healthy", "Healthy"],
    ["unhealthy", "gone"],
  ];
  for (const [health, description] of states) log.note({ health, description, attributes: {} });
  expect(lines).toEqual([
    "warn gone",
    "warn no permission",
    "info the Docker engine can be used again",
    "warn gone",
  ]);
});
