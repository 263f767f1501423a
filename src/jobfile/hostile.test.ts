import { execFileSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { JobFileError } from "./job-file-error.ts";
import { readJobFile } from "./read-job-file.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "longshore-hostile-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function faultOf(input: Parameters<typeof readJobFile>[0]): Promise<string> {
  const error = await readJobFile(input).then(
    () => new Error("it was read"),
    (reason: unknown) => reason,
  );
  if (!(error instanceof JobFileError)) throw error;
  const [first] = error.diagnostics;
  return `${first?.summary}: ${first?.detail}`;
}

const good = 'job "a" {\n group "g" {\n task "t" { driver = "docker" }\n}\n}';

describe("a text that is no job file", () => {
  it.each([
    ["empty", "", "Empty file"],
    ["blank", " \n\t\n", "Empty file"],
    ["with a NUL byte", `${good}\n\0`, "Not a text file: Line 6 has a NUL byte"],
    ["of 20,000 brackets", `a = ${"[".repeat(20_000)}`, "Nested too deeply"],
    ["of 20,000 blocks", "a {\n".repeat(20_000), "Nested too deeply"],
    [
      "of 20,000 parentheses, all closed",
      `a = ${"(".repeat(20_000)}1${")".repeat(20_000)}`,
      "Nested too deeply",
    ],
    ["of 20,000 templates", `a = ${'"${'.repeat(20_000)}`, "Nested too deeply"],
    ["of 20,000 negations", `a = ${"!".repeat(20_000)}true`, "Nested too deeply"],
    ["of 20,000 additions", `a = ${"1+".repeat(20_000)}1`, "Nested too deeply"],
    ["of 20,000 conditions", `a = ${"true?1:".repeat(20_000)}1`, "Nested too deeply"],
    ["of 20,000 JSON lists", `{"a":${"[".repeat(20_000)}`, "Nested too deeply"],
    ["of 20,000 JSON objects", '{"a":'.repeat(20_000), "Nested too deeply"],
    ["of 20,000 brackets inside a JSON text", `{"a":"\${${"[".repeat(20_000)}"}`, "Nested too deeply"],
    [
      "of more than 1 MB",
      `${good}\n#${"x".repeat(1024 * 1024)}`,
      "File too large: A job file may have 1 MB; this has 1.0 MB.",
    ],
    ["without a job", "a = 1", 'Unsupported argument: An argument named "a" is not expected here.'],
    ["with nothing but a comment", "# nothing", "Missing job block"],
    ["of binary rubbish", "\u0001\u0002\u{fffd}\u0003", "Invalid character"],
    ["of two jobs", `${good}\n${good.replace('"a"', '"b"')}`, "Duplicate job block"],
  ])("%s is an error", async (_, text, expected) => {
    expect(await faultOf({ name: "x.nomad", text })).toContain(expected);
  });

  it("of 20,000 indexes and attributes is read or refused, and the next file is read", async () => {
    const text = `job "a" {\n meta {\n a = try(local${".a[0]".repeat(20_000)}, "b")\n}\n group "g" {\n task "t" { driver = "docker" }\n}\n}`;
    const result = await readJobFile({ name: "x", text }).catch((error: unknown) => error);
    expect(result instanceof JobFileError || (result as { job: unknown }).job !== undefined).toBe(true);
    expect((await readJobFile({ name: "y", text: good })).job.id).toBe("a");
  });

  it("leaves the reader as it was for the next file", async () => {
    const texts = ["[".repeat(20_000), "a = 1", good, "\0", `a = ${"-".repeat(30_000)}1`];
    const results = await Promise.allSettled(texts.map((text) => readJobFile({ name: "x", text })));
    expect(results.map((result) => result.status)).toEqual([
      "rejected",
      "rejected",
      "fulfilled",
      "rejected",
      "rejected",
    ]);
  });
});

describe("what is no file of text", () => {
  it.each<[string, (path: string) => Promise<unknown> | unknown, string]>([
    ["nothing", () => undefined, "Cannot read the file: There is no such file."],
    ["a folder", (path) => mkdir(path), "Not a file: It is a folder. Name the job file in it."],
    [
      "a pipe nobody writes to",
      (path) => execFileSync("mkfifo", [path]),
      "Not a file: It is a pipe. To read from a pipe, write - in place of a file",
    ],
    [
      "50 MB",
      (path) => writeFile(path, "x").then(() => truncate(path, 50 * 1024 * 1024)),
      "File too large: A job file may have 1 MB; this has 50.0 MB.",
    ],
    [
      "text in another encoding",
      (path) => writeFile(path, Buffer.from('job "\xe9" {}', "latin1")),
      "Not a text file: A job file is UTF-8 text",
    ],
    ["an empty file", (path) => writeFile(path, ""), "Empty file"],
  ])("%s is an error", async (name, create, expected) => {
    const file = join(folder, name.replaceAll(" ", "-"));
    await create(file);
    expect(await faultOf({ file })).toContain(expected);
  });

  it("a socket is an error", async () => {
    const file = join(folder, "socket");
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(file, resolve));
    try {
      expect(await faultOf({ file })).toContain("is a socket");
    } finally {
      server.close();
    }
  });

  it.each(["/dev/zero", "/dev/null"])("%s is an error", async (file) => {
    expect(await faultOf({ file })).toBe(
      "Not a file: It is a device. To read from a pipe, write - in place of a file and pipe into it.",
    );
  });

  it.skipIf(process.getuid?.() === 0)("a file without permission is an error", async () => {
    const file = join(folder, "secret");
    await writeFile(file, good);
    await chmod(file, 0);
    expect(await faultOf({ file })).toContain("You have no permission to read it.");
  });

  it("is refused to file() in a job file too", async () => {
    const text =
      'job "a" {\n meta {\n a = file("/dev/zero")\n}\n group "g" {\n task "t" { driver = "docker" }\n}\n}';
    expect(await faultOf({ name: "x", text })).toContain("Error in function call");
  });

  it("a byte order mark is no part of the text", async () => {
    const file = join(folder, "bom.nomad");
    await writeFile(file, `\u{feff}${good}`);
    expect((await readJobFile({ file })).job.id).toBe("a");
  });
});

describe("reading", () => {
  it("says when an expression takes too much memory, and goes on with the next file", async () => {
    const text = good.replace("{", '{\n meta {\n a = indent(2400000, join("\\n", range(0, 1000)))\n}');
    expect(await faultOf({ name: "x", text })).toBe(
      "Cannot be read: the HCL engine broke: its expressions take more than 2 GB of memory.",
    );
    expect((await readJobFile({ name: "y", text: good })).job.id).toBe("a");
  });

  it("is canceled by its signal", async () => {
    const signal = AbortSignal.abort();
    await expect(readJobFile({ name: "x", text: good }, { signal })).rejects.toMatchObject({
      kind: "canceled",
    });
  });
});
