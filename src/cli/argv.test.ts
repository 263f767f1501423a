import { describe, expect, it } from "vitest";
import { normaliseArgv } from "./argv.ts";
import { commandTable } from "./command-table.ts";

describe("normaliseArgv", () => {
  const table: readonly (readonly [string, string])[] = [
    ["run -var a=1 -var-file f -json x.hcl", "run --var a=1 --var-file f --json x.hcl"],
    ["run --var a=1 x.hcl", "run --var a=1 x.hcl"],
    ["run -var=a=1 x.hcl", "run --var=a=1 x.hcl"],
    ["fmt -check -", "fmt --check -"],
    ["fmt -check=true f", "fmt --check f"],
    ["fmt -check=false f", "fmt f"],
    ["fmt -check=maybe f", "fmt --check=maybe f"],
    ["run -H tcp://h -- -json", "run -H tcp://h -- -json"],
    ["run -var -json x", "run --var -json x"],
    ["run -unknown x", "run --unknown x"],
    ["run -x -", "run -x -"],
    ["run -help", "run --help"],
    ["-help", "--help"],
  ];
  it.each(table)("%s becomes %s", (before, after) => {
    expect(normaliseArgv(before.split(" "), commandTable).join(" ")).toBe(after);
  });
});
