// Runs one task to its end, shows its output and ends with its exit code.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DockerDriver, prepareTask } from "longshore";

const dir = await mkdtemp(join(tmpdir(), "longshore-"));
const caller = new AbortController();
process.once("SIGINT", () => caller.abort());
const { signal } = caller;

await using driver = new DockerDriver();
const task = await prepareTask({
  name: "greeter",
  dir,
  config: {
    image: process.env.IMAGE ?? "busybox:1.36",
    command: "sh",
    args: ["-c", "for name in one two three; do echo hello $name; done; exit 3"],
  },
});
try {
  await driver.startTask(task, { signal });
  for await (const { stream, data } of driver.taskLogs(task.id, { signal })) process[stream].write(data);
  const { exitCode, error } = await driver.waitTask(task.id, { signal });
  console.log(`exit code ${exitCode}: ${error ?? "all is well"}`);
} finally {
  // Rejects with not-found when the start failed: then nothing is left.
  await driver.destroyTask(task.id, { force: true }).catch(() => undefined);
  await rm(dir, { recursive: true });
}
