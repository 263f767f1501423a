// Starts a task that is busy, tells what happens to it and what it uses, and stops it after three readings.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DockerDriver, prepareTask } from "longshore";

const dir = await mkdtemp(join(tmpdir(), "longshore-"));

await using driver = new DockerDriver();
const closing = new AbortController();
const told = (async () => {
  for await (const { at, taskName, message } of driver.taskEvents({ signal: closing.signal })) {
    console.log(`${at.toISOString()} ${taskName}: ${message}`);
  }
})();

const task = await prepareTask({
  name: "worker",
  dir,
  config: {
    image: process.env.IMAGE ?? "busybox:1.36",
    command: "sh",
    args: ["-c", "trap 'exit 0' TERM; while :; do :; done"],
  },
});
try {
  await driver.startTask(task);
  let readings = 0;
  for await (const { cpu, memory } of driver.taskStats(task.id, { intervalMs: 500 })) {
    console.log(`cpu ${cpu.percent.toFixed(0)} %, memory ${(memory.usageBytes / 1e6).toFixed(1)} MB`);
    if (++readings === 3) break;
  }
  await driver.stopTask(task.id, { graceMs: 5000 });
} finally {
  await driver.destroyTask(task.id, { force: true }).catch(() => undefined);
  closing.abort();
  await told;
  await rm(dir, { recursive: true });
}
