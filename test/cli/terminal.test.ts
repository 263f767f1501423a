import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, watch } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bed, until } from "../bed/index.ts";
import { shellJob, writeJob } from "./command.ts";

const program = bed().command;

test("a terminal that goes away stops the job gracefully, and the command ends with 129", async () => {
  const folder = await mkdtemp(join(bed().folder, "terminal-"));
  const job = await writeJob(shellJob("trap 'exit 0' TERM; echo ready; while :; do sleep 1000 & wait; done"));
  const command = `"${process.execPath}" "${program}" run --data-dir "${folder}/data" "${job}"`;
  // The terminal tells its shell, which hands it on and then tells how the command ended.
  const script = `trap 'kill -HUP $!' HUP; ${command} & wait $!; wait $!; echo $? > "${folder}/code"`;
  const env = { ...process.env, DOCKER_HOST: `unix://${bed().socket}`, LONGSHORE_ADDRESS: "127.0.0.1" };
  const terminal = spawn("script", ["-qefc", script, "/dev/null"], {
    env,
    stdio: ["pipe", "pipe", "inherit"],
  });
  await until(terminal.stdout as AsyncIterable<Buffer>, (data) => data.includes("ready"));
  const changes = watch(folder);
  terminal.kill("SIGKILL");
  const readCode = (): Promise<string> => readFile(join(folder, "code"), "utf8").catch(() => "");
  for await (const _ of changes) if ((await readCode()) !== "") break;
  expect(await readCode()).toBe("129\n");
  expect(await readdir(join(folder, "data"), { recursive: true })).toEqual(["alloc", "jobs"]);
});
