import { mkdir, mkdtemp, readdir, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { TaskConfig } from "../../task/index.ts";
import { resumeOutput } from "./resume-output.ts";

let allocDir: string;
let logs: string;
beforeEach(async () => {
  allocDir = await mkdtemp(join(tmpdir(), "longshore-resume-"));
  logs = join(allocDir, "alloc", "logs");
  await mkdir(logs, { recursive: true });
  await mkdir(join(allocDir, "web"));
});
afterEach(async () => await rm(allocDir, { recursive: true }));

const mebibyte = 1024 * 1024;
const line = Buffer.from(`${"x".repeat(1023)}\n`);

async function resume(direct: boolean, onNote: (message: string) => void = () => undefined) {
  const fifo = (stream: string) => join(logs, `.web.${stream}.fifo`);
  const task = { name: "web", allocDir, stdoutPath: fifo("stdout"), stderrPath: fifo("stderr") };
  const limits = { max_files: 10, max_file_size: 10 };
  // What else a task has says nothing of its output.
  return await resumeOutput(task as TaskConfig, { direct, limits, onNote, endOther: async () => undefined });
}

async function resumeAndWrite(direct: boolean): Promise<readonly string[]> {
  await writeFile(join(logs, "web.stdout.3"), Buffer.alloc(mebibyte - 100));
  await writeFile(join(logs, "web.stdout.4"), "now\n");
  const output = await resume(direct);
  for (let count = 0; count < 2 * 1024; count++)
    await output.sink.write(
      { stream: "stdout", data: line, timeNs: BigInt(Date.now() + 60_000) * 1_000_000n },
      undefined,
    );
  await output.sink.end();
  output.close();
  return (await readdir(logs)).filter((name) => name.startsWith("web.stdout.")).sort();
}

it("an output that goes on directly keeps to the limits that the collector's files show", async () => {
  const names = await resumeAndWrite(false);
  expect(names).toEqual(["web.stdout.5", "web.stdout.6"]);
  expect((await stat(join(logs, "web.stdout.5"))).size).toBeLessThanOrEqual(mebibyte);
});

it("an output that is direct by the agent's options keeps to those", async () => {
  expect(await resumeAndWrite(true)).toEqual(["web.stdout.3", "web.stdout.4"]);
});

it("an output whose folder the task has led elsewhere is told, and keeps no task from being recovered", async () => {
  const notes: string[] = [];
  await rename(join(allocDir, "alloc"), join(allocDir, "moved"));
  await symlink(join(allocDir, "moved"), join(allocDir, "alloc"));
  const output = await resume(false, (note) => notes.push(note));
  await output.sink.write({ stream: "stdout", data: line }, undefined);
  await output.sink.end();
  output.close();
  expect(notes).toEqual([expect.stringContaining("is a symlink or no folder, so nothing is written there")]);
});
