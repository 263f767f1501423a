import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { Client, credentials } from "@grpc/grpc-js";
import { errorCode, type Logger } from "../../task/index.ts";
import type { DockerLogger } from "../convert/task-handle.ts";

const shutdownMs = 2000;
const checkMs = 20;

/**
 * Ends the built-in driver's helper process that copies a task's output, by force after two seconds. Resolves when it
 * is gone; it being gone already is fine. Never rejects: where it cannot be ended, output comes twice, which is logged.
 */
export async function endDockerLogger(
  { network, address, pid }: DockerLogger,
  logger: Logger,
): Promise<void> {
  if (!(await isDockerLogger(pid))) return;
  await askToEnd(network === "unix" ? `unix:${address}` : address);
  if (await hasEnded(pid)) return;
  try {
    process.kill(pid, "SIGKILL");
    if (await hasEnded(pid)) return;
  } catch (error) {
    if (errorCode(error) === "ESRCH") return;
  }
  logger.warn("a docker_logger of the built-in driver does not end; kill it to have its task's output once", {
    pid,
  });
}

/** Whether the process ends within a while. */
async function hasEnded(pid: number): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < shutdownMs; waitedMs += checkMs) {
    if (!(await isDockerLogger(pid))) return true;
    await pause(checkMs);
  }
  return false;
}

/** The pid may be another program's by now. */
async function isDockerLogger(pid: number): Promise<boolean> {
  const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  return commandLine.split("\0").includes("docker_logger");
}

async function askToEnd(target: string): Promise<void> {
  const client = new Client(target, credentials.createInsecure());
  const empty = Buffer.alloc(0);
  const deadline = Date.now() + shutdownMs;
  await new Promise<void>((resolve) => {
    const method = "/plugin.GRPCController/Shutdown";
    const serialize = () => empty;
    // It may end before it answers; whether it is gone is seen by its pid.
    client.makeUnaryRequest(method, serialize, serialize, empty, { deadline }, () => resolve());
  });
  client.close();
}
