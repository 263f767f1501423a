import { mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bed } from "../bed/index.ts";
import { runCommand, shellJob, writeJob } from "./command.ts";

const program = bed().command;

test("a job that does its work ends with 0", async () => {
  const { code, stdout } = await runCommand(program, ["run", await writeJob(shellJob("echo done"))]);
  expect([code, stdout]).toEqual([0, "done\n"]);
});

test("a job ends with the failing task's own code", async () => {
  const { code, stdout, stderr } = await runCommand(program, ["run", await writeJob(shellJob("exit 42"))]);
  expect([code, stdout]).toEqual([42, ""]);
  expect(stderr).toContain("task sh ended with exit code 42.");
});

test("a job file comes from stdin where the file is -", async () => {
  const { code, stdout } = await runCommand(program, ["run", "-"], { stdin: shellJob("echo from stdin") });
  expect([code, stdout]).toEqual([0, "from stdin\n"]);
});

test("host volumes and host networks of the configuration are there for jobs", async () => {
  const folder = await mkdtemp(join(bed().folder, "volume-"));
  await writeFile(join(folder, "greeting"), "from the volume");
  const config = await writeJob(
    `client {
      host_volume "data" {
        path      = "${folder}"
        read_only = true
      }
      host_network "inside" {
        cidr = "127.0.0.0/8"
      }
    }`,
    "agent.hcl",
  );
  const mount = 'volume_mount {\n volume = "data"\n destination = "/data"\n}';
  const group =
    'volume "data" {\n type = "host"\n source = "data"\n}\nnetwork {\n port "p" {\n host_network = "inside"\n}\n}';
  const job = shellJob(
    'cat /data/greeting; echo " at $NOMAD_IP_p"; touch /data/x 2>/dev/null',
    mount,
  ).replace('task "sh"', `${group}\ntask "sh"`);
  const { code, stdout } = await runCommand(program, ["run", "-config", config, await writeJob(job)]);
  expect([code, stdout]).toEqual([1, "from the volume at 127.0.0.1\n"]);
});

test("an image that is not there ends with 1, with a reason and a hint", async () => {
  const job = shellJob("true").replace(bed().image, `${bed().registryHost}/nothing:1`);
  const { code, stdout, stderr } = await runCommand(program, ["run", await writeJob(job)]);
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toContain(`${bed().registryHost}/nothing:1`);
  expect(stderr).toContain("hint: ");
  expect(stderr).toContain("task sh could not start.");
});

test("no engine ends with 1, and says where it looked", async () => {
  const env = { DOCKER_HOST: "unix:///nonexistent/docker.sock" };
  const { code, stderr } = await runCommand(program, ["run", await writeJob(shellJob("true"))], { env });
  expect(code).toBe(1);
  expect(stderr).toContain("/nonexistent/docker.sock");
  expect(stderr).not.toMatch(/^\s+at /m);
});

const usage: readonly (readonly [string, readonly string[], string])[] = [
  ["no command", [], "Usage: longshore"],
  ["an unknown command", ["rnu"], "error: unknown command 'rnu'\nhint: Did you mean run?"],
  ["an unknown flag", ["run", "-jsn", "x"], "hint: Did you mean --json?"],
  ["no file", ["run"], "error: missing required argument 'file'"],
  [
    "a file that is not there",
    ["run", "/nonexistent.hcl"],
    "error: /nonexistent.hcl: Cannot read the file\n  There is no such file.",
  ],
  ["a folder", ["validate", "/"], "error: /: Not a file\n  It is a folder."],
  ["a variable without value", ["validate", "-var", "x", "/dev/null"], "error:"],
  ["an option without value", ["fingerprint", "-option", "x"], "-option x: is not name=value"],
  ["an unknown option", ["fingerprint", "-option", "docker.x=1"], "docker.x: unknown option"],
  [
    "another driver's option",
    ["fingerprint", "-option", "driver.exec=1"],
    "is no option of the docker driver",
  ],
  [
    "an option that is no boolean",
    ["fingerprint", "-option", "docker.cleanup.image=si"],
    "docker.cleanup.image",
  ],
];

test.each(usage)("%s ends with 2", async (_, args, message) => {
  const { code, stdout, stderr } = await runCommand(program, args);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toContain(message);
  expect(stderr).not.toMatch(/^\s+at /m);
});

test("errors are one JSON object with --json", async () => {
  const bad = shellJob("true").replace("command", "comand");
  const { code, stdout, stderr } = await runCommand(program, ["run", "-json", await writeJob(bad)]);
  expect([code, stderr]).toEqual([2, ""]);
  const { type, error } = JSON.parse(stdout);
  expect(type).toBe("error");
  expect(error).toMatchObject({ kind: "invalid", problems: [{ range: { line: 12 } }] });
  expect(JSON.parse((await runCommand(program, ["run", "-json"])).stdout)).toMatchObject({
    error: { kind: "usage", message: "missing required argument 'file'" },
  });
});

test("LONGSHORE_DEBUG=1 adds where an error was thrown", async () => {
  const { stderr } = await runCommand(program, ["run", "/nonexistent.hcl"], {
    env: { LONGSHORE_DEBUG: "1" },
  });
  expect(stderr).toMatch(/^\s+at /m);
});
