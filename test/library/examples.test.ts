import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { transform } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ensureBuilt } from "../../scripts/setup.mjs";
import { repository } from "../../scripts/tools.mjs";
import { bed } from "../bed/index.ts";

const examples = join(repository, "examples", "library");

/** The examples as a user runs them: by Node, on the built package, which finds itself by its own name. */
describe("the library's example", () => {
  let folder = "";

  beforeAll(async () => {
    await ensureBuilt();
    await mkdir(join(repository, ".cache"), { recursive: true });
    folder = await mkdtemp(join(repository, ".cache", "examples-"));
  }, 120_000);
  afterAll(async () => await rm(folder, { recursive: true, force: true }));

  const run = async (name: string) =>
    await runSource(name, await readFile(join(examples, `${name}.ts`), "utf8"));

  async function runSource(
    name: string,
    source: string,
  ): Promise<{ code: number; stdout: string; stderr: string }> {
    const { code } = await transform(source, { loader: "ts", format: "esm", target: "node20.12" });
    const file = join(folder, `${name}.mjs`);
    await writeFile(file, code);
    const env = { ...process.env, DOCKER_HOST: `unix://${bed().socket}`, IMAGE: bed().image };
    return await new Promise((resolve) => {
      execFile(process.execPath, [file], { env }, (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr }),
      );
    });
  }

  it("run-task shows a task's output and how it ended", async () => {
    expect(await run("run-task")).toEqual({
      code: 0,
      stdout:
        "hello one\nhello two\nhello three\nexit code 3: Docker container exited with non-zero exit code: 3\n",
      stderr: "",
    });
  });

  it("watch-task tells what happens and what is used", async () => {
    const { code, stdout, stderr } = await run("watch-task");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.match(/^cpu \d+ %, memory [\d.]+ MB$/gm)).toHaveLength(3);
    for (const message of ["Created container", "Started", "Stopping: sent SIGTERM", "Exited", "Removed"]) {
      expect(stdout).toContain(`Z worker: ${message}`);
    }
  });

  it("run-commands gives answers, takes input and keeps to a time limit", async () => {
    expect(await run("run-commands")).toEqual({
      code: 0,
      stdout: [
        "the task's folder is /local (exit code 0)",
        "apple\npear",
        "sorted (exit code 0)",
        '"sleep 100" did not end within 0.5 s. It was killed. Give it more time, or less to do.\n',
      ].join("\n"),
      stderr: "",
    });
  });

  it("on the library's page does what it says there", async () => {
    const page = await readFile(join(repository, "docs", "library.md"), "utf8");
    const parts = [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = ""]) => code);
    expect(parts).toHaveLength(2);
    const program = [...parts, "await driver.destroyTask(task.id, { force: true });"]
      .join("\n")
      .replace("busybox:1.36", bed().image)
      .replace("/tmp/greeter", join(folder, "greeter"));
    const [, said = ""] = /waitTask\(task\.id\)\); \/\/ (.*)/.exec(page) ?? [];
    expect(await runSource("page", program)).toEqual({ code: 0, stdout: `hello\n${said}\n`, stderr: "" });
  });

  it("is one of those that are run here", async () => {
    expect((await readdir(examples)).sort()).toEqual(["run-commands.ts", "run-task.ts", "watch-task.ts"]);
  });
});
