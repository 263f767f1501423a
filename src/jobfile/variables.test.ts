import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { JobFileError } from "./job-file-error.ts";
import { type ReadJobOptions, readJobFile } from "./read-job-file.ts";

function fixture(name: string): string {
  return fileURLToPath(new URL(`../../test/jobfile/fixtures/${name}`, import.meta.url));
}

/** The job's meta with what variables made of it. */
async function metaOf(declarations: string, meta: string, options: ReadJobOptions = {}): Promise<unknown> {
  const text = `${declarations}\njob "v" {\n meta {\n${meta}\n}\n group "g" {\n task "t" { driver = "docker" }\n}\n}`;
  return (await readJobFile({ name: "v.nomad", text }, options)).job.meta;
}

async function faultsOf(declarations: string, options: ReadJobOptions = {}): Promise<readonly string[]> {
  try {
    await metaOf(declarations, "", options);
  } catch (error) {
    if (!(error instanceof JobFileError)) throw error;
    return error.diagnostics.map(
      ({ summary, detail, range }) => `${range?.line ?? "-"} ${summary}: ${detail}`,
    );
  }
  return [];
}

const tag = 'variable "tag" {\n type = string\n default = "default"\n}';

describe("a variable's value", () => {
  it.each([
    ["the default", {}, "default"],
    ["the environment over the default", { env: { NOMAD_VAR_tag: "env" } }, "env"],
    ["a file over the environment", { env: { NOMAD_VAR_tag: "env" }, varFiles: ["values.json"] }, "5.0"],
    ["a later file over an earlier one", { varFiles: ["values.json", "tag.hcl"] }, "late"],
    [
      "a flag over all",
      { env: { NOMAD_VAR_tag: "env" }, varFiles: ["values.json"], vars: ["tag=flag"] },
      "flag",
    ],
    ["the last of two flags", { vars: ["tag=one", "tag=a=b"] }, "a=b"],
  ])("is %s", async (_, options: ReadJobOptions, expected) => {
    const varFiles = options.varFiles?.map(fixture);
    expect(await metaOf(tag, "x = var.tag", { ...options, varFiles })).toEqual({ x: expected });
  });

  it.each([
    ["number", "5", "x = var.v + 1", "6"],
    ["bool", "true", 'x = var.v ? "yes" : "no"', "yes"],
    ["list(string)", '["a", "b"]', 'x = join("-", var.v)', "a-b"],
    ["map(number)", "{ a = 1 }", "x = var.v.a", "1"],
    ["object({ a = string, b = optional(number) })", '{ a = "z" }', "x = var.v.a", "z"],
    ["string", "[1", "x = var.v", "[1"],
  ])("given as text is read by its type %s", async (type, value, meta, expected) => {
    const declaration = `variable "v" {\n type = ${type}\n}`;
    expect(await metaOf(declaration, meta, { vars: [`v=${value}`] })).toEqual({ x: expected });
    expect(await metaOf(declaration, meta, { env: { NOMAD_VAR_v: value } })).toEqual({ x: expected });
  });

  it("may come from a variables block", async () => {
    expect(await metaOf('variables {\n a = "b"\n}', "x = var.a")).toEqual({ x: "b" });
  });

  it("of the environment that no file declares is passed over", async () => {
    expect(await metaOf(tag, "x = var.tag", { env: { NOMAD_VAR_other: "x" } })).toEqual({ x: "default" });
  });
});

describe("locals", () => {
  it("are evaluated after what they refer to, whatever their order", async () => {
    expect(
      await metaOf(
        'locals {\n a = "${local.b}c"\n b = "${local.c}b"\n}\nlocals {\n c = "a"\n}',
        "x = local.a",
      ),
    ).toEqual({
      x: "abc",
    });
  });

  it("in a circle are an error that names it", async () => {
    expect(await faultsOf("locals {\n a = local.b\n b = local.a\n}")).toEqual([
      "2 Local values in a circle: These local values refer to each other: a -> b -> a.",
    ]);
  });
});

describe("a fault of a variable", () => {
  it.each<[string, string, ReadJobOptions, readonly string[]]>([
    [
      "no value",
      'variable "v" {\n type = string\n}',
      {},
      [
        '1 Variable without a value: "v" has no default, so it needs a value: -var v=..., -var-file, or NOMAD_VAR_v in the environment.',
      ],
    ],
    [
      "an undeclared flag",
      tag,
      { vars: ["tga=1"] },
      [
        '- Undeclared variable: -var sets "tga", but the job file declares no such variable. Declared are: tag.',
      ],
    ],
    ["a flag without a value", tag, { vars: ["tag"] }, ['- Invalid -var: -var takes name=value, not "tag".']],
    [
      "a value of another type",
      'variable "v" {\n type = number\n}',
      { vars: ["v=abc"] },
      [
        '1 Invalid value for variable: The value of "v" (from -var) does not suit its type: a number is required.',
      ],
    ],
    [
      "a default of another type",
      'variable "v" {\n type = list(string)\n default = "x"\n}',
      {},
      [
        '3 Invalid value for variable: The value of "v" (default) does not suit its type: list of string required, but have string.',
      ],
    ],
    [
      "a broken validation",
      'variable "v" {\n type = number\n default = 5\n validation {\n condition = var.v < 3\n error_message = "Too many."\n}\n}',
      {},
      ['3 Invalid value for variable "v": Too many. (default; the rule is on line 4.)'],
    ],
    [
      "a validation of something else",
      'variable "v" {\n default = 5\n validation {\n condition = var.w < 3\n error_message = "x"\n}\n}',
      {},
      [
        '4 Invalid reference in variable validation: The condition for variable "v" can only refer to the variable itself, as var.v.',
      ],
    ],
    [
      "two of a name",
      `${tag}\n${tag}`,
      {},
      ['5 Duplicate variable: The variable "tag" is declared already on line 1.'],
    ],
    [
      "an unknown type",
      'variable "v" {\n type = strin\n default = "x"\n}',
      {},
      ['2 Invalid type specification: The keyword "strin" is not a valid type specification.'],
    ],
  ])("%s", async (_, declarations, options, expected) => {
    expect(await faultsOf(declarations, options)).toEqual(expected);
  });

  it("in a variable file is told with the file's own place", async () => {
    const error = await metaOf("", "", { varFiles: [fixture("values.json")] }).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(JobFileError);
    expect((error as JobFileError).diagnostics).toMatchObject([
      {
        summary: "Undeclared variable",
        range: { file: fixture("values.json"), line: 1, column: 3 },
        sourceLine: '{ "tag": "5.0" }',
      },
    ]);
  });

  it("in what refers to it is not told again", async () => {
    expect(
      await faultsOf('variable "v" {\n type = string\n}\nlocals {\n a = "${var.v}x"\n b = upper(local.a)\n}'),
    ).toHaveLength(1);
  });
});

describe("functions", () => {
  it.each([
    ['format("%03d", 7)', "007"],
    ['base64encode("a")', "YQ=="],
    ['cidrhost("10.0.0.0/8", 5)', "10.0.0.5"],
    ["jsonencode({ a = [1, true, null] })", '{"a":[1,true,null]}'],
    ['yamldecode("a: 1").a', "1"],
    ['regex_replace("a1b2", "[0-9]", "")', "ab"],
    ['sha256("x")', "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"],
    ['trimspace(file("values.json"))', '{ "tag": "5.0" }'],
    ['fileexists("nothing") ? "y" : "n"', "n"],
    ['join(",", fileset(".", "values.*"))', "values.hcl,values.json"],
    ['try(local.nothing, "fallback")', "fallback"],
    ['pathexpand("~/x")', join(homedir(), "x")],
  ])("%s is %s", async (expression, expected) => {
    const { job } = await readJobFile({ file: fixture("today.nomad.hcl") });
    expect(job.id).toBe("cache");
    const text = `job "v" {\n meta {\n x = ${expression}\n}\n group "g" {\n task "t" { driver = "docker" }\n}\n}`;
    const { writeFile, rm } = await import("node:fs/promises");
    const file = fixture(`functions-${process.pid}.nomad`);
    await writeFile(file, text);
    try {
      expect((await readJobFile({ file })).job.meta).toEqual({ x: expected });
    } finally {
      await rm(file);
    }
  });
});
