import { expect, it } from "vitest";
import { makeGroup, makeJob, makeTask } from "../../../test/agent/jobs.ts";
import { createColors } from "./colors.ts";
import { toPlanLines } from "./plan-view.ts";
import { textWidth } from "./text.ts";

it.each([40, 80])("a plan's head keeps within %i columns", (columns) => {
  const job = makeJob([makeGroup("g", [makeTask("t")])]);
  const lines = toPlanLines(job, [], { columns, colors: createColors(false) });
  expect(lines.filter((line) => textWidth(line) > columns)).toEqual([]);
  expect(lines.join(" ")).toContain("a port of 0 stands for a free one.");
});
