import { describe, expect, it } from "vitest";
import { toTable } from "./table.ts";

const columns = [
  { title: "TASK", shrinks: true },
  { title: "STATE" },
  { title: "EXIT", align: "right" },
] as const;

describe("toTable", () => {
  it("lines up its columns", () => {
    const rows = [
      [{ text: "web" }, { text: "complete" }, { text: "0" }],
      [{ text: "日本" }, { text: "failed" }, { text: "137" }],
    ];
    expect(toTable(columns, rows, { columns: 80 })).toEqual([
      "TASK  STATE     EXIT",
      "web   complete     0",
      "日本  failed     137",
    ]);
  });

  it("cuts the columns that shrink when the terminal is narrow", () => {
    const rows = [[{ text: "a-very-long-task-name" }, { text: "complete" }, { text: "0" }]];
    expect(toTable(columns, rows, { columns: 24 })).toEqual([
      "TASK       STATE    EXIT",
      "a-very…ame complete    0",
    ]);
  });

  it("colours cells without moving them", () => {
    const rows = [[{ text: "w", paint: (text: string) => `<${text}>` }, { text: "x" }, { text: "1" }]];
    expect(toTable(columns, rows, { columns: 80 })[1]).toBe("<w>     x         1");
  });
});
