import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { bed, pushImage, startRegistryFront } from "../bed/index.ts";
import {
  allocIdOf,
  containersOf,
  parseEvents,
  type RunningCommand,
  shellJob,
  startCommand,
  writeJob,
} from "./command.ts";

const program = bed().command;

async function start(job: string): Promise<RunningCommand> {
  return startCommand(program, ["run", "--json", await writeJob(job)]);
}

async function leavesNothing(stdout: string): Promise<void> {
  expect(await containersOf(allocIdOf(parseEvents(stdout)))).toEqual([]);
}

const patient = 'trap "echo got TERM; exit 0" TERM; echo ready; while :; do sleep 1000 & wait; done';
const stubborn = 'trap "echo got TERM" TERM; echo ready; while :; do sleep 1000 & wait; done';

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const)("%s lets the tasks stop by themselves and ends with %d", async (signal, expected) => {
  const command = await start(shellJob(patient));
  await command.saw('"ready\\n"');
  command.child.kill(signal);
  const { code, stdout } = await command.result;
  expect(code).toBe(expected);
  expect(stdout).toContain("got TERM");
  expect(parseEvents(stdout).at(-1)).toMatchObject({
    type: "job-finished",
    state: "stopped",
    exitCode: expected,
  });
  await leavesNothing(stdout);
});

test("a second Ctrl-C kills a task that does not want to stop", async () => {
  const command = await start(shellJob(stubborn, 'kill_timeout = "30s"'));
  await command.saw('"ready\\n"');
  command.child.kill("SIGINT");
  await command.saw("got TERM");
  command.child.kill("SIGINT");
  const { code, stdout } = await command.result;
  expect(code).toBe(130);
  expect(parseEvents(stdout).at(-1)).toMatchObject({ tasks: [{ exit: { exitCode: 137 } }] });
  await leavesNothing(stdout);
});

test("Ctrl-C ends a pull that goes nowhere", async () => {
  const name = `slow-${bed().runId}`;
  await pushImage({ registry: bed().registryHost, name, tag: "1" });
  await using front = await startRegistryFront({
    upstream: bed().registryHost,
    script: ({ kind }) => (kind === "blob" ? "hang" : "pass"),
  });
  const command = await start(shellJob("true").replace(bed().image, `${front.host}/${name}:1`));
  await command.saw('"pull-started"');
  await front.seen("blob");
  command.child.kill("SIGINT");
  const { code, stdout } = await command.result;
  expect(code).toBe(130);
  await leavesNothing(stdout);
});

test.each(["alloc-state", "created", "started"])("Ctrl-C right after %s leaves nothing", async (phase) => {
  const command = await start(shellJob(patient));
  await command.saw(`"type":"${phase}"`);
  command.child.kill("SIGINT");
  const { code, stdout } = await command.result;
  expect(code).toBe(130);
  await leavesNothing(stdout);
});

test("Ctrl-C while a task waits for its restart ends at once", async () => {
  const restart = 'restart {\n attempts = 5\n interval = "1h"\n delay = "10m"\n mode = "fail"\n }';
  const job = shellJob("exit 7").replace(/restart \{[^}]*\}/, restart);
  const command = await start(job);
  await command.saw('"type":"restarting"');
  command.child.kill("SIGINT");
  const { code, stdout } = await command.result;
  expect(code).toBe(130);
  await leavesNothing(stdout);
});

test("Ctrl-C before the job file is read is no crash", async () => {
  const command = await startCommand(program, ["run", "-"], { stdin: shellJob("true") });
  command.child.kill("SIGINT");
  const { code, stderr } = await command.result;
  // The signal may come before there is anyone to take it.
  expect([130, null]).toContain(code);
  expect(stderr).not.toContain("error");
});

test("Ctrl-C ends a reading that computes for hours", async () => {
  const job = shellJob("true").replace("type = ", 'meta {\n sum = bcrypt("secret", 31)\n }\n type = ');
  const command = await startCommand(program, ["run", await writeJob(job)]);
  // More than all else before takes.
  while ((await cpuSeconds(command.child.pid)) < 2) await pause(20);
  command.child.kill("SIGINT");
  const { stdout, stderr } = await command.result;
  expect([command.child.signalCode, stdout, stderr]).toEqual(["SIGINT", "", ""]);
});

async function cpuSeconds(pid: number | undefined): Promise<number> {
  const [, fields = ""] = (await readFile(`/proc/${pid}/stat`, "utf8")).split(") ");
  const [user = 0, system = 0] = fields.split(" ").slice(11, 13).map(Number);
  return (user + system) / 100;
}

test("a reader that goes away stops the job gracefully, and the command ends with 141", async () => {
  const command = await start(shellJob('trap "exit 0" TERM; while :; do echo line; sleep 0.05; done'));
  await command.saw('"line\\n"');
  command.child.stdout.destroy();
  const { code, stdout, stderr } = await command.result;
  expect([code, stderr]).toEqual([141, ""]);
  await leavesNothing(stdout);
});
