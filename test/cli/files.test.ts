import { chmod, readFile, stat } from "node:fs/promises";
import { expect, test } from "vitest";
import { bed } from "../bed/index.ts";
import { runCommand, shellJob, writeJob } from "./command.ts";

const program = bed().command;

const noEngine = { DOCKER_HOST: "unix:///nonexistent/docker.sock" };

test("validate tells every error with its place, the driver's too", async () => {
  const job = shellJob("true")
    .replace("command =", "comand =")
    .replace("memory = 16", "memory = 0")
    .replace('type = "batch"', 'type = "bach"');
  const { code, stdout, stderr } = await runCommand(program, ["validate", await writeJob(job)], {
    env: noEngine,
  });
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(/error: \S+:2:\d+: /);
  expect(stderr).toMatch(/\n +\| +\^+\n/);
  expect(stderr).toContain("bach");
});

test("validate points at what the driver refuses", async () => {
  const file = await writeJob(shellJob("true").replace("command =", "comand ="));
  const { code, stderr } = await runCommand(program, ["validate", file], { env: noEngine });
  expect(code).toBe(2);
  expect(stderr).toContain(`error: ${file}:12:`);
  expect(stderr).toContain('did you mean "command"?');
});

test("validate says how a driver's option is given where one is missing", async () => {
  const file = await writeJob(shellJob("true").replace("command =", "privileged = true\n      command ="));
  const { code, stderr } = await runCommand(program, ["validate", file], { env: noEngine });
  expect(code).toBe(2);
  expect(stderr).toContain("needs allow_privileged in the docker driver's options");
  expect(stderr).toMatch(
    /\nhint: The docker driver's options are set in a file given by -config: plugin "docker"/,
  );
});

test("validate says that a file is valid, and what has no effect", async () => {
  const job = shellJob("true").replace(
    'type = "batch"',
    'type = "batch"\n  constraint {\n    value = "x"\n  }',
  );
  const file = await writeJob(job);
  const { code, stdout, stderr } = await runCommand(program, ["validate", file], { env: noEngine });
  expect([code, stdout]).toEqual([0, `${file} is valid: job shell with 1 task.\n`]);
  expect(stderr).toMatch(/^warning: no effect on one machine: constraint \(line 3\)/);
});

test("plan shows what would be created, without an engine", async () => {
  const file = await writeJob(shellJob("echo it's"));
  const { code, stdout } = await runCommand(program, ["plan", file], { env: noEngine });
  expect(code).toBe(0);
  expect(stdout).toContain("Job shell (batch): 1 task, 1 image");
  expect(stdout).toMatch(new RegExp(`image +${bed().image}`));
  expect(stdout).toContain("command   sh -c 'echo it'\\''s'");
  expect(stdout).toContain("memory    at most 16 MB, no swap");
  expect(stdout).toContain("<alloc>/sh/local on /local");
});

test("validate and plan with --json tell what has no effect", async () => {
  const file = await writeJob(shellJob("true").replace("group", "priority = 70\n  group"));
  for (const command of ["validate", "plan"]) {
    const { stdout } = await runCommand(program, [command, "-json", file], { env: noEngine });
    const [{ message }] = JSON.parse(stdout).warnings;
    expect(message).toBe("priority has no effect on one machine");
  }
});

test("plan shows every limit and mount as it will be", async () => {
  const config = `cpu_hard_limit = true
        pids_limit = 50
        mount {
          type = "tmpfs"
          target = "/scratch"
          tmpfs_options { size = 1048576 }
        }
        mount {
          type = "bind"
          source = "local/x"
          target = "/x"
          readonly = true
        }
        command`;
  const file = await writeJob(shellJob("true").replace("command", config));
  const { code, stdout } = await runCommand(program, ["plan", file], { env: noEngine });
  expect(code).toBe(0);
  expect(stdout).toMatch(/cpu +\d+ MHz, never more\n/);
  expect(stdout).toMatch(/processes at most 50\n/);
  expect(stdout).toContain("memory of at most 1 MB on /scratch\n");
  expect(stdout).toContain("<alloc>/sh/local/x on /x (ro)\n");
});

test("plan shows a network that a group shares, with the ports that lead into it", async () => {
  const network = 'network {\n mode = "bridge"\n port "http" {\n to = 80\n }\n }\n task "sh"';
  const file = await writeJob(shellJob("true").replace('task "sh"', network));
  const { stdout } = await runCommand(program, ["plan", "-address", "127.0.0.1", file], { env: noEngine });
  expect(stdout).toMatch(/network +bridge, shared by the group\n/);
  expect(stdout).toMatch(/ports +http: a free port of 127.0.0.1 to port 80 \(TCP and UDP\)\n/);
  const json = await runCommand(program, ["plan", "-json", file], { env: noEngine });
  const [{ createRequest }] = JSON.parse(json.stdout).tasks;
  expect(createRequest.HostConfig.NetworkMode).toMatch(/^container:nomad_init_/);
});

test("plan --json has the create requests", async () => {
  const { stdout } = await runCommand(program, ["plan", "-json", await writeJob(shellJob("true"))], {
    env: noEngine,
  });
  const { jobId, tasks } = JSON.parse(stdout);
  expect(jobId).toBe("shell");
  expect(tasks).toHaveLength(1);
  expect(tasks[0]).toMatchObject({
    task: { group: "g", task: "sh" },
    createRequest: { Image: bed().image, HostConfig: { Memory: 16 * 2 ** 20 } },
  });
});

test.each(["hello", "redis-2015", "web", "variables"])(
  "examples/%s.nomad.hcl is valid and formatted",
  async (name) => {
    const file = new URL(`../../examples/${name}.nomad.hcl`, import.meta.url).pathname;
    expect(await runCommand(program, ["validate", file], { env: noEngine })).toMatchObject({ code: 0 });
    expect(await runCommand(program, ["fmt", "-check", file])).toMatchObject({ code: 0, stdout: "" });
  },
);

test("fmt rewrites what is not formatted, lists it, and keeps the file's mode", async () => {
  const formatted = shellJob("true");
  const file = await writeJob(formatted.replaceAll("    ", " "));
  await chmod(file, 0o640);
  expect(await runCommand(program, ["fmt", "-check", file])).toMatchObject({ code: 1, stdout: `${file}\n` });
  expect(await runCommand(program, ["fmt", file])).toMatchObject({ code: 0, stdout: `${file}\n` });
  expect(await runCommand(program, ["fmt", "-check", file])).toMatchObject({ code: 0, stdout: "" });
  expect((await stat(file)).mode & 0o777).toBe(0o640);
  expect(await readFile(file, "utf8")).toContain('    task "sh" {');
});

test("fmt formats stdin to stdout, and leaves what is no HCL alone", async () => {
  expect(await runCommand(program, ["fmt", "-"], { stdin: "a=1\nbcd =  2\n" })).toMatchObject({
    code: 0,
    stdout: "a   = 1\nbcd = 2\n",
  });
  const bad = await runCommand(program, ["fmt", "-"], { stdin: "job {" });
  expect([bad.code, bad.stdout]).toEqual([2, ""]);
});

test("fingerprint says which engine and why", async () => {
  const { code, stdout } = await runCommand(program, ["fingerprint"]);
  expect(code).toBe(0);
  expect(stdout).toContain(`unix://${bed().socket}, because DOCKER_HOST says so.`);
  expect(stdout).toMatch(/^driver\.docker +true$/m);
  const json = JSON.parse((await runCommand(program, ["fingerprint", "-json"])).stdout);
  expect(json).toMatchObject({ health: "healthy", attributes: { "driver.docker": true } });
});

test("fingerprint of no engine ends with 1 and says so", async () => {
  const { code, stdout } = await runCommand(program, [
    "fingerprint",
    "-H",
    "unix:///nonexistent/docker.sock",
  ]);
  expect(code).toBe(1);
  expect(stdout).toContain("/nonexistent/docker.sock");
});

test("version, help and completion need nothing", async () => {
  expect((await runCommand(program, ["version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect((await runCommand(program, ["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect((await runCommand(program, ["help", "run"])).stdout).toContain("Examples:");
  expect((await runCommand(program, ["run", "-help"])).stdout).toContain("Examples:");
  expect((await runCommand(program, ["completion", "bash"])).stdout).toContain(
    "complete -F _longshore longshore",
  );
  for (const line of (await runCommand(program, ["help"])).stdout.split("\n"))
    expect(line.length).toBeLessThanOrEqual(80);
});
