import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeTemplate } from "../../test/agent/jobs.ts";
import { renderTemplate, type Template } from "../jobfile/index.ts";
import { createAllocDir, removeAllocDir } from "./alloc-dir.ts";
import { parseEnvFile } from "./env-file.ts";
import { createLookup } from "./interpolate.ts";
import {
  rewriteTemplate,
  toTemplateEnv,
  type WriteTemplatesOptions,
  writeTemplates,
} from "./write-templates.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "longshore-templates-"));
  await createAllocDir(join(folder, "a"), ["web"]);
});
afterEach(() => rm(folder, { recursive: true }));

const path = (name: string): string => join(folder, "a/web", name);

const options: WriteTemplatesOptions = {
  get roots() {
    return { taskDir: join(folder, "a/web"), sharedDir: join(folder, "a/alloc") };
  },
  hostLookup: createLookup({
    env: (name) => ({ NOMAD_SECRETS_DIR: path("secrets"), NOMAD_ALLOC_DIR: join(folder, "a/alloc") })[name],
    node: new Map(),
  }),
  env: { env: { NAME: "value", NOMAD_TASK_DIR: "/local" }, lookup: () => undefined },
  render: renderTemplate,
  emit: () => undefined,
};

async function write(template: Partial<Template>): Promise<Readonly<Record<string, string>>> {
  return toTemplateEnv(await writeTemplates([makeTemplate(template)], options));
}

describe("a template that is rendered again", () => {
  const template = makeTemplate({ data: '{{ file "/alloc/data/in" }}' });
  const rewrite = async (before?: string): Promise<readonly [boolean, string]> => {
    const { changed } = await rewriteTemplate(template, before, options);
    return [changed, await readFile(path("local/out"), "utf8")];
  };
  beforeEach(async () => {
    await writeFile(join(folder, "a/alloc/data/in"), "1");
    await writeTemplates([template], options);
  });

  test("is written when its text is another one", async () => {
    expect(await rewrite("1")).toEqual([false, "1"]);
    await writeFile(join(folder, "a/alloc/data/in"), "2");
    expect(await rewrite("1")).toEqual([true, "2"]);
  });

  test("leaves alone what its task has made of the file", async () => {
    await writeFile(path("local/out"), "1 and more");
    expect(await rewrite("1")).toEqual([false, "1 and more"]);
  });

  test("is compared with the file where an earlier run rendered it", async () => {
    expect(await rewrite()).toEqual([false, "1"]);
    await writeFile(join(folder, "a/alloc/data/in"), "2");
    expect(await rewrite()).toEqual([true, "2"]);
    const plain = makeTemplate({ data: "no files" });
    expect(await rewriteTemplate(plain, undefined, options)).toMatchObject({ changed: false });
  });
});

describe("a template", () => {
  test("is rendered with the task's environment, and has its mode", async () => {
    await write({ data: '{{ env "NAME" }}!', perms: 0o600 });
    expect(await readFile(path("local/out"), "utf8")).toBe("value!");
    expect((await stat(path("local/out"))).mode & 0o777).toBe(0o600);
    expect(await readdir(path("local"))).toEqual(["out"]);
  });

  test.runIf(process.getuid?.() === 0)("may belong to another user and group", async () => {
    await write({ data: "x", perms: 0o640, uid: 1234, gid: 5678 });
    const { uid, gid, mode } = await stat(path("local/out"));
    expect([uid, gid, mode & 0o777]).toEqual([1234, 5678, 0o640]);
  });

  test("with a missing key is as it says: an empty value, or an error", async () => {
    const data = '{{ (parseJSON "{}").name }}';
    await write({ data });
    expect(await readFile(path("local/out"), "utf8")).toBe("<no value>");
    await expect(write({ data, missingKeyIsError: true })).rejects.toThrow(/name/);
  });

  test("may come from a file of the task, and use other delimiters", async () => {
    await writeFile(path("local/in"), '[[ env "NAME" ]] {{');
    await write({ source: "local/in", leftDelimiter: "[[", rightDelimiter: "]]" });
    expect(await readFile(path("local/out"), "utf8")).toBe("value {{");
  });

  test.each([
    ["${NOMAD_SECRETS_DIR}/deep/key", "web/secrets/deep/key"],
    ["${NOMAD_ALLOC_DIR}/data/x", "alloc/data/x"],
    ["/local/x", "web/local/x"],
    ["./local/../secrets/x", "web/secrets/x"],
  ])("for %s goes to %s", async (destination, expected) => {
    await write({ data: "x", destination });
    expect(await readFile(join(folder, "a", expected), "utf8")).toBe("x");
  });

  test.each(["../../../x", "local/../../../x"])("for %s is refused", async (destination) => {
    await expect(write({ data: "x", destination })).rejects.toThrow("outside of the task's folder");
  });

  test("is not written through a symlink that a task made", async () => {
    await mkdir(join(folder, "host"));
    await symlink(join(folder, "host"), path("local/link"));
    await expect(write({ data: "x", destination: "local/link/x" })).rejects.toThrow(
      "outside of the task's folder",
    );
    await writeFile(join(folder, "host/file"), "mine");
    await symlink(join(folder, "host/file"), path("local/out"));
    await write({ data: "x" });
    expect(await readFile(join(folder, "host/file"), "utf8")).toBe("mine");
    expect(await readFile(path("local/out"), "utf8")).toBe("x");
  });

  test("reads files of the task and no others", async () => {
    await writeFile(path("local/in"), "inside");
    await writeFile(join(folder, "outside"), "secret");
    await symlink(join(folder, "outside"), path("local/link"));
    await write({ data: '{{ file "/local/in" }} {{ file "local/in" }}' });
    expect(await readFile(path("local/out"), "utf8")).toBe("inside inside");
    await expect(write({ data: '{{ file "local/link" }}' })).rejects.toThrow("outside");
    await expect(write({ data: '{{ file "/etc/passwd" }}' })).rejects.toMatchObject({ kind: "invalid" });
  });

  test("that asks a server is refused with the function's name", async () => {
    await expect(write({ data: '{{ key "a" }}' })).rejects.toThrow(/key/);
  });

  test("with env = true adds to the environment", async () => {
    expect(await write({ data: 'A={{ env "NAME" }}\n', env: true })).toEqual({ A: "value" });
  });
});

test.each<[string, Record<string, string>]>([
  ["A=1\n\n# no\nB = two words \n", { A: "1", B: "two words" }],
  ["export A='x # y'\nB=\"a\\nb\" # c\nC=x#y # z", { A: "x # y", B: "a\nb", C: "x#y" }],
  ["A=\nB=a=b\r\n", { A: "", B: "a=b" }],
])("the lines %j set variables", (text, expected) => {
  expect(parseEnvFile(text, "t")).toEqual(expected);
});

test("a line that sets nothing is an error with its number", () => {
  expect(() => parseEnvFile("A=1\nnonsense\n", 'template "x"')).toThrow(
    'template "x": line 2 of its output is not KEY=value',
  );
});

describe("an allocation's folders", () => {
  test("can be written by containers of any user, and are not listed on the host", async () => {
    const modes = await Promise.all(
      ["a", "a/alloc", "a/alloc/data", "a/alloc/logs", "a/web/local", "a/web/secrets", "a/web/tmp"].map(
        async (name) => (await stat(join(folder, name))).mode & 0o7777,
      ),
    );
    expect(modes).toEqual([0o711, 0o755, 0o777, 0o777, 0o777, 0o777, 0o1777]);
  });

  test("go but for the logs, if those are to be kept", async () => {
    await writeFile(join(folder, "a/alloc/logs/web.stdout.0"), "x");
    await removeAllocDir(join(folder, "a"), { keepLogs: true });
    expect(await readdir(join(folder, "a"))).toEqual(["alloc"]);
    expect(await readdir(join(folder, "a/alloc"))).toEqual(["logs"]);
    await removeAllocDir(join(folder, "a"));
    await removeAllocDir(join(folder, "a"));
    expect(await readdir(folder)).toEqual([]);
  });
});
