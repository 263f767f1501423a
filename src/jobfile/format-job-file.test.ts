import { describe, expect, it } from "vitest";
import { formatJobFile } from "./format-job-file.ts";

describe("formatJobFile", () => {
  it("indents, and aligns the equals signs", async () => {
    const text = 'job "a" {\ntype="batch"\n  datacenters = [ "dc1" ]\n# why\n}\n';
    expect(await formatJobFile(text, "a.nomad")).toBe(
      'job "a" {\n  type        = "batch"\n  datacenters = ["dc1"]\n  # why\n}\n',
    );
  });

  it("answers a formatted file as it is", async () => {
    const text = 'job "a" {\n  meta {\n    "a.b" = "c"\n  }\n}\n';
    expect(await formatJobFile(text, "a.nomad")).toBe(text);
  });

  it("rejects what is no HCL with its place", async () => {
    await expect(formatJobFile('job "a" {\n', "a.nomad")).rejects.toMatchObject({
      kind: "invalid",
      diagnostics: [{ range: { file: "a.nomad", line: 1 } }],
    });
  });
});
