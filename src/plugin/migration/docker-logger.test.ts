import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { silentLogger } from "../../task/index.ts";
import { endDockerLogger } from "./docker-logger.ts";

const nowhere = { network: "unix", address: "/no/such/socket" };

test.runIf(process.platform === "linux")("a docker_logger that does not answer is killed", async () => {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)", "docker_logger"]);
  await once(child, "spawn");
  const ended = once(child, "exit");
  await endDockerLogger({ ...nowhere, pid: child.pid ?? 0 }, silentLogger);
  expect(await ended).toEqual([null, "SIGKILL"]);
});

test.runIf(process.platform === "linux")(
  "another program that has the pid by now is left alone",
  async () => {
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
    await once(child, "spawn");
    await endDockerLogger({ ...nowhere, pid: child.pid ?? 0 }, silentLogger);
    expect([child.exitCode, child.signalCode]).toEqual([null, null]);
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([null, "SIGTERM"]);
  },
);
