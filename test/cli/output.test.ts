import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { bed, pushImage } from "../bed/index.ts";
import { parseEvents, runCommand, shellJob, startCommand, writeJob } from "./command.ts";
import { schemaFaults } from "./json-schema.ts";

const program = bed().command;

/** A job of two tasks; the first one leads. */
function twoTasks(first: string, second: string): string {
  const task = (name: string, script: string, extra: string): string => `
    task "${name}" {
      driver = "docker"
      ${extra}
      config {
        image   = "${bed().image}"
        command = "sh"
        args    = ["-c", ${JSON.stringify(script)}]
      }
      resources {
        cpu    = 20
        memory = 16
      }
    }`;
  return `job "two" {
  type = "batch"
  group "g" {
    restart {
      attempts = 0
      mode     = "fail"
    }
    ${task("main", first, "leader = true")}
    ${task("helper", second, "")}
  }
}
`;
}

const patient = "trap 'exit 0' TERM; sleep 60 & wait";
const colour = "\u001b[";

test("output is on stdout with prefixes where there are several tasks, the rest on stderr", async () => {
  const job = await writeJob(twoTasks("echo one; printf two", `echo three; ${patient}`));
  const { code, stdout, stderr } = await runCommand(program, ["run", job]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^main {3}\| one$/m);
  expect(stdout).toMatch(/^main {3}\| two$/m);
  expect(stderr).toMatch(/^\d\d:\d\d:\d\d Job two starts: 2 tasks$/m);
  expect(stderr).toMatch(/^\d\d:\d\d:\d\d main {3}Exited with code 0$/m);
  expect(stderr).toMatch(/^TASK +STATE +EXIT +RESTARTS +RUN TIME$/m);
  expect(stderr).toMatch(/^main +complete +0 +0 +\S+s$/m);
  expect(stderr).toMatch(/Job two is complete after \S+\.\n$/);
  expect(stdout + stderr).not.toContain(colour);
});

test("--no-prefix leaves the names out", async () => {
  const job = await writeJob(twoTasks("echo one", "true"));
  const { stdout } = await runCommand(program, ["run", "--no-prefix", job]);
  expect(stdout).toBe("one\n");
});

test("the output of a task that is alone is passed on byte for byte", async () => {
  // The json-file log driver has no place for bytes that are no UTF-8; the local one does.
  const job = shellJob("printf '\\377\\000\\r\\033[31mx'").replace(
    "command",
    'logging {\n type = "local"\n }\n command',
  );
  const command = await startCommand(program, ["run", await writeJob(job)]);
  const chunks: Buffer[] = [];
  command.child.stdout.on("data", (chunk: Buffer) => void chunks.push(chunk));
  await command.result;
  expect(Buffer.concat(chunks).toString("latin1")).toBe("\u00ff\0\r\u001b[31mx");
});

test("every line of --json fits the schema", async () => {
  const schema = JSON.parse(
    await readFile(new URL("../../docs/events.schema.json", import.meta.url), "utf8"),
  );
  const job = await writeJob(
    twoTasks("echo one; sleep 0.2; exit 3", patient).replace("type =", "all_at_once = true\n type ="),
  );
  const { code, stdout, stderr } = await runCommand(program, ["run", "--json", job]);
  expect([code, stderr]).toEqual([3, ""]);
  const events = parseEvents(stdout);
  expect(events.flatMap((event) => schemaFaults(event, schema, schema))).toEqual([]);
  expect(events.map((event) => event.type)).toEqual(
    expect.arrayContaining(["job-started", "task-event", "log"]),
  );
  expect(events.at(-1)).toMatchObject({ type: "job-finished", state: "failed", exitCode: 3 });
});

test("FORCE_COLOR colours, NO_COLOR and --no-color do not", async () => {
  const job = await writeJob(shellJob("exit 1"));
  const force = { FORCE_COLOR: "1" };
  expect((await runCommand(program, ["run", job], { env: force })).stderr).toContain(colour);
  expect((await runCommand(program, ["run", "--no-color", job], { env: force })).stderr).not.toContain(
    escape,
  );
  const both = { ...force, NO_COLOR: "1" };
  expect((await runCommand(program, ["run", job], { env: both })).stderr).not.toContain(colour);
});

test("a terminal gets colours, and NO_COLOR takes them away", async () => {
  const job = await writeJob(shellJob("echo hi"));
  expect((await runCommand(program, ["run", job], { columns: 80 })).stdout).toContain(`${colour}2m`);
  const plain = await runCommand(program, ["run", job], { columns: 80, env: { NO_COLOR: "1" } });
  expect(plain.stdout).toMatch(/^\d\d:\d\d:\d\d Job shell starts: 1 task\r$/m);
  expect(plain.code).toBe(0);
});

test("the closing table fits a terminal of 40 columns", async () => {
  const job = await writeJob(
    twoTasks("sleep 0.2", patient).replace('"helper"', '"helper-with-a-rather-long-name"'),
  );
  const { stdout } = await runCommand(program, ["run", job], { columns: 40, env: { NO_COLOR: "1" } });
  const lines = stdout.replaceAll("\r", "").split("\n");
  const table = lines.slice(lines.findIndex((line) => line.startsWith("TASK")));
  expect(table).toHaveLength(6);
  for (const line of table) expect(line.length).toBeLessThanOrEqual(40);
  expect(table[1]).toMatch(/^main +complete +0 +0 \S+$/);
});

test("a pull shows a line that moves on a terminal, and plain lines elsewhere", async () => {
  const { reference } = await pushImage({ registry: bed().registryHost, name: "shown", tag: "1" });
  const job = await writeJob(shellJob("true").replace(bed().image, reference));
  const plain = await runCommand(program, ["run", job]);
  expect(plain.stderr.match(/Pulling image/g)).toHaveLength(1);
  expect(plain.stderr.match(/Pulled image/g)).toHaveLength(1);
  const shown = await runCommand(program, ["run", job], { columns: 80, env: { NO_COLOR: "1" } });
  expect(shown.stdout).toContain(`${reference}  `);
  expect(shown.stdout).not.toContain("Pulling image");
  expect(shown.stdout.match(/Pulled image/g)).toHaveLength(1);
});
