import { describe, expect, it } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { version } from "../task/version.ts";
import { toVersionText } from "./version-text.ts";

describe("version", () => {
  it("is that of the package", () => {
    expect(version).toBe(packageJson.version);
  });

  it("is shown alone, or as JSON with what it runs on", () => {
    expect(toVersionText(false)).toBe(`${version}\n`);
    expect(JSON.parse(toVersionText(true))).toMatchObject({ version, platform: process.platform });
  });
});
