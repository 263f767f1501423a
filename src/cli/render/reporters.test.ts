import { expect, test } from "vitest";
import { createReportLogger } from "./reporters.ts";
import type { RunReporter } from "./run-reporter.ts";

test("a warning of the driver or the agent reads as a sentence, with its error and what it is about", () => {
  const told: string[] = [];
  const reporter: RunReporter = {
    warn: () => undefined,
    show: async () => undefined,
    note: () => undefined,
    warning: (text) => told.push(text),
    end: () => undefined,
  };
  const logger = createReportLogger(reporter, {});
  logger.warn("it stays");
  logger.warn("it stays", { error: new Error("it is busy"), image: "redis:7", tries: 3 });
  logger.info("nobody needs to know");
  expect(told).toEqual(["it stays", "it stays: it is busy (image redis:7, tries 3)"]);
});
