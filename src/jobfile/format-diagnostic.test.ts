import { describe, expect, it } from "vitest";
import { formatDiagnostic } from "./format-diagnostic.ts";

function format(sourceLine: string | undefined, column: number, endColumn: number, line = 3): string {
  const range = { file: "a.nomad", line, column, endLine: line, endColumn };
  return formatDiagnostic({ severity: "error", summary: "Wrong", detail: "Do better.", range, sourceLine });
}

describe("formatDiagnostic", () => {
  it("shows the place, the line with a mark under the fault, and the detail", () => {
    expect(format('  cpu = "x"', 9, 12)).toBe(
      ["a.nomad:3:9: Wrong", '  3 |   cpu = "x"', "    |         ^^^", "  Do better."].join("\n"),
    );
  });

  it("keeps the mark below the fault after tabs and wide characters", () => {
    const [, shown, mark] = format("\t日本 = x", 7, 8).split("\n");
    expect(shown).toBe("  3 |     日本 = x");
    // Two wide characters take four columns.
    expect(mark).toBe(`    | ${" ".repeat(11)}^`);
  });

  it("marks a fault that goes on in further lines to the end of this one", () => {
    const range = { file: "a", line: 1, column: 3, endLine: 4, endColumn: 2 };
    const text = formatDiagnostic({
      severity: "error",
      summary: "s",
      detail: "",
      range,
      sourceLine: "a bcd",
    });
    expect(text).toBe(["a:1:3: s", "  1 | a bcd", "    |   ^^^"].join("\n"));
  });

  it("cuts a long line around the fault", () => {
    const [, shown = "", mark = ""] = format(`${"x".repeat(500)}BAD${"y".repeat(500)}`, 501, 504).split("\n");
    expect(shown.length).toBeLessThan(120);
    expect(shown.slice(mark.indexOf("^"), mark.lastIndexOf("^") + 1)).toBe("BAD");
  });

  it("makes control characters visible instead of sending them to the terminal", () => {
    expect(format("a\u001b[31m\u202eb", 1, 2)).toContain("a\u{fffd}[31m\u{fffd}b");
  });

  it("names the file alone where the fault is its whole", () => {
    const fault = { summary: "s", detail: "d", file: "a.nomad", range: undefined, sourceLine: undefined };
    expect(formatDiagnostic({ severity: "error", ...fault })).toBe("a.nomad: s\n  d");
  });

  it("leaves out what is not known", () => {
    expect(
      formatDiagnostic({
        severity: "warning",
        summary: "s",
        detail: "d",
        range: undefined,
        sourceLine: undefined,
      }),
    ).toBe("warning: s\n  d");
    expect(format(undefined, 1, 1)).toBe("a.nomad:3:1: Wrong\n  Do better.");
  });
});
