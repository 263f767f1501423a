// @ts-check
import { spawn } from "node:child_process";
import { once } from "node:events";
import { access, open, readFile, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { canInstallPackages, installPackages } from "./debian.mjs";
import { callEngine } from "./engine-api.mjs";
import { SetupError, say } from "./say.mjs";
import { findTool } from "./tools.mjs";

const systemSocket = "/var/run/docker.sock";
const howToGet = "https://docs.docker.com/engine/install";

/**
 * The socket of an engine that answers. Where there is none and this may (root), starts one, and installs it
 * first on Debian and Ubuntu; otherwise rejects with what is missing and how to get it.
 * @returns {Promise<string | undefined>} undefined when DOCKER_HOST names something other than a unix socket
 */
export async function ensureEngine() {
  const host = process.env.DOCKER_HOST ?? "";
  if (host !== "" && !host.startsWith("unix://")) return undefined;
  if (host !== "") return await namedEngine(host);
  for (const socket of usualSockets()) {
    const state = await probe(socket);
    if (state === "answers") return socket;
    if (state === "forbidden") {
      const user = process.env.USER ?? "$USER";
      throw new SetupError(
        `no permission on ${socket}; try: sudo usermod -aG docker ${user}, then log in again`,
      );
    }
  }
  return await bringUpEngine();
}

/** @param {string} host */
async function namedEngine(host) {
  const socket = host.slice("unix://".length);
  if ((await probe(socket)) === "answers") return socket;
  throw new SetupError(`no Docker engine answers at DOCKER_HOST=${host}; start it, or unset DOCKER_HOST`);
}

function usualSockets() {
  const home = homedir();
  const runtime = process.env.XDG_RUNTIME_DIR;
  return [
    systemSocket,
    ...(runtime === undefined ? [] : [join(runtime, "docker.sock")]),
    join(home, ".docker", "run", "docker.sock"),
    join(home, ".docker", "desktop", "docker.sock"),
  ];
}

/**
 * @param {string} socket
 * @returns {Promise<"answers" | "forbidden" | "nothing">}
 */
async function probe(socket) {
  try {
    const { status } = await callEngine(socket, "GET", "/_ping", { signal: AbortSignal.timeout(5000) });
    return status === 200 ? "answers" : "nothing";
  } catch (error) {
    const code = /** @type {NodeJS.ErrnoException} */ (error).code;
    return code === "EACCES" || code === "EPERM" ? "forbidden" : "nothing";
  }
}

async function bringUpEngine() {
  const isRoot = process.getuid?.() === 0;
  if ((await findTool("dockerd")) === undefined) {
    if (!(await canInstallPackages())) {
      throw new SetupError(`no Docker engine on this machine; install and start one: ${howToGet}`);
    }
    say("no Docker engine here: installing Debian's docker.io");
    await installPackages(["docker.io"]);
  }
  // A package's own service may have come up by now.
  if (await waitForEngine(() => false, 1000)) return systemSocket;
  if (!isRoot) throw new SetupError("the Docker engine is not running; try: sudo systemctl start docker");
  return await startEngine();
}

async function startEngine() {
  const program = await findTool("dockerd");
  if (program === undefined) throw new SetupError(`dockerd is still missing; install an engine: ${howToGet}`);
  await removeStalePidFile("/var/run/docker.pid", "dockerd");
  await removeStalePidFile("/var/run/docker/containerd/containerd.pid", "containerd");
  const logFile = join(tmpdir(), "longshore-dockerd.log");
  say(`starting the Docker engine (dockerd, log in ${logFile})`);
  const log = await open(logFile, "w");
  const daemon = spawn(program, [], { detached: true, stdio: ["ignore", log.fd, log.fd] });
  await once(daemon, "spawn");
  await log.close();
  daemon.unref();
  const ended = () => daemon.exitCode !== null || daemon.signalCode !== null;
  if (await waitForEngine(ended, 60_000)) return systemSocket;
  const lines = (await readFile(logFile, "utf8")).trim().split("\n");
  throw new SetupError(
    `the Docker engine did not start; ${logFile} ends with:\n${lines.slice(-5).join("\n")}`,
  );
}

/**
 * An engine that was killed leaves its pid behind, and refuses to start once another program has that number.
 * @param {string} file @param {string} program
 */
async function removeStalePidFile(file, program) {
  const pid = await readFile(file, "utf8").catch(() => undefined);
  if (pid === undefined) return;
  const holder = await readFile(`/proc/${pid.trim()}/comm`, "utf8").catch(() => "");
  if (holder.trim() !== program) await rm(file, { force: true });
}

/** @param {() => boolean} ended @param {number} withinMs */
async function waitForEngine(ended, withinMs) {
  const giveUpAt = Date.now() + withinMs;
  const socketIsThere = () =>
    access(systemSocket).then(
      () => true,
      () => false,
    );
  for (;;) {
    if ((await socketIsThere()) && (await probe(systemSocket)) === "answers") return true;
    if (ended() || Date.now() > giveUpAt) return false;
    // Nothing tells when a socket is listened on.
    await pause(100);
  }
}
