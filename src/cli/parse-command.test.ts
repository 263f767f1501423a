import { describe, expect, it } from "vitest";
import { parseCommand } from "./parse-command.ts";
import { UsageError } from "./usage-error.ts";

async function parse(line: string) {
  const parsed = await parseCommand(line.split(" "));
  if (typeof parsed === "number") throw new Error("only an exit code");
  return parsed;
}

describe("parseCommand", () => {
  it("gives flags with and without values, those given again, and words", async () => {
    const { command, input } = await parse(
      "run --var a=1 --var b=2 --json --no-color -H tcp://h --data-dir /d job.hcl",
    );
    expect(command).toBe("run");
    expect(input.words).toEqual(["job.hcl"]);
    expect(input.texts("var")).toEqual(["a=1", "b=2"]);
    expect(input.text("docker-endpoint")).toBe("tcp://h");
    expect(input.text("data-dir")).toBe("/d");
    expect([input.on("json"), input.on("no-color"), input.on("no-prefix")]).toEqual([true, true, false]);
    expect([input.texts("option"), input.text("config")]).toEqual([[], undefined]);
  });

  it("takes - as a file", async () => {
    expect((await parse("fmt --check - a")).input.words).toEqual(["-", "a"]);
  });

  it.each([
    ["run", "missing required argument 'file'", 'See "longshore help run".'],
    ["run --varr a=1 x", "unknown option '--varr'", 'Did you mean --var? See "longshore help run".'],
    ["rnu x", "unknown command 'rnu'", 'Did you mean run? See "longshore help".'],
    ["help nosuch", 'no help for "nosuch"', undefined],
    ["run a b", "too many arguments", undefined],
    ["completion tcsh", "argument value 'tcsh' is invalid", undefined],
  ])("explains what is wrong with: %s", async (line, message, hint) => {
    const error = await parse(line).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UsageError);
    if (!(error instanceof UsageError)) return;
    expect(error.message).toContain(message);
    if (hint !== undefined) expect(error.hint).toBe(hint);
  });
});
