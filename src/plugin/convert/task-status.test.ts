import { describe, expect, it } from "vitest";
import type { TaskStats } from "../../task/index.ts";
import {
  CPUUsage_Fields as CpuField,
  MemoryUsage_Fields as MemoryField,
} from "../proto/generated/nomad/driver.ts";
import { fromTaskStats } from "./task-status.ts";

const toStats = (maxUsageBytes: number): TaskStats => ({
  id: "a1/web/x",
  at: new Date(0),
  cpu: {
    percent: 1,
    userPercent: 2,
    systemPercent: 3,
    totalTicks: 4,
    throttledPeriods: 5,
    throttledTimeNs: 6,
  },
  memory: { rssBytes: 1, cacheBytes: 2, swapBytes: 3, usageBytes: 4, maxUsageBytes },
});

describe("a task's memory as an agent is told", () => {
  it.each([
    [5, true],
    [0, false],
  ])("has a highest use of %d among what was measured: %s", (maxUsageBytes, isMeasured) => {
    const { aggResourceUsage } = fromTaskStats(toStats(maxUsageBytes));
    const fields = aggResourceUsage?.memory?.measuredFields ?? [];
    expect(fields).toContain(MemoryField.RSS);
    expect(fields.includes(MemoryField.MAX_USAGE)).toBe(isMeasured);
  });
});

describe("a task's CPU as an agent is told", () => {
  it("has its ticks, which are no column of the command's table", () => {
    const { aggResourceUsage } = fromTaskStats(toStats(0));
    expect(aggResourceUsage?.cpu?.totalTicks).toBe(4);
    expect(aggResourceUsage?.cpu?.measuredFields).toContain(CpuField.USER_MODE);
    expect(aggResourceUsage?.cpu?.measuredFields).not.toContain(CpuField.TOTAL_TICKS);
  });
});
