// Runs commands in a task: one for its answer, one with input, one that takes too long. Errors are told by their kind.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DockerDriver, isLongshoreError, prepareTask } from "longshore";

const dir = await mkdtemp(join(tmpdir(), "longshore-"));
const image = process.env.IMAGE ?? "busybox:1.36";

await using driver = new DockerDriver();
const task = await prepareTask({ name: "shell", dir, config: { image, command: "sleep", args: ["600"] } });
try {
  await driver.startTask(task);

  const { stdout, exitCode } = await driver.execTask(task.id, {
    command: ["sh", "-c", "echo $NOMAD_TASK_DIR"],
    timeoutMs: 10_000,
  });
  console.log(`the task's folder is ${Buffer.from(stdout).toString().trim()} (exit code ${exitCode})`);

  async function* lines() {
    for (const line of ["pear\n", "apple\n"]) yield Buffer.from(line);
  }
  const sorting = driver.execTaskStreaming(task.id, { command: ["sort"], tty: false, stdin: lines() });
  for await (const message of sorting) {
    if (message.type === "output") process.stdout.write(message.data);
    else console.log(`sorted (exit code ${message.exitCode})`);
  }

  await driver.execTask(task.id, { command: ["sleep", "100"], timeoutMs: 500 });
} catch (error) {
  if (!isLongshoreError(error, "timeout")) throw error;
  console.log(`${error.message}. ${error.hint}`);
} finally {
  await driver.destroyTask(task.id, { force: true }).catch(() => undefined);
  await rm(dir, { recursive: true });
}
