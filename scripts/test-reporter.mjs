// @ts-check
import { writeFileSync } from "node:fs";

/** Where the counts go; set by scripts/test.mjs. */
export const countsVariable = "LONGSHORE_TEST_COUNTS";

/** A vitest reporter that writes down how many tests passed, failed and were skipped. */
export class CountsReporter {
  /** @param {readonly import("vitest/node").TestModule[]} modules @param {readonly unknown[]} errors */
  onTestRunEnd(modules, errors) {
    const counts = { passed: 0, failed: errors.length, skipped: 0 };
    for (const module of modules) {
      let tests = 0;
      for (const test of module.children.allTests()) {
        tests++;
        const { state } = test.result();
        if (state === "passed") counts.passed++;
        else if (state === "failed") counts.failed++;
        else counts.skipped++;
      }
      // A file that could not be loaded has no tests to count.
      if (tests === 0 && !module.ok()) counts.failed++;
    }
    const file = process.env[countsVariable];
    if (file !== undefined) writeFileSync(file, JSON.stringify(counts));
  }
}

// vitest takes a reporter file's default export only.
export default CountsReporter;
