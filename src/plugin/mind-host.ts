import type { Logger } from "../task/index.ts";

/** As long as an agent itself waits before it asks again a plugin that did not start. */
const shortestLifeMs = 5000;

/** Makes a process a plugin that its host can live with, and that can live without it. */
export function mindHost(process: NodeJS.Process, logger: Logger, stop: () => void): void {
  // Both lead to the agent, and the plugin outlives it.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  // Ctrl-C in the agent's terminal is meant for the agent.
  process.on("SIGINT", () => undefined);
  process.on("SIGHUP", () => undefined);
  process.on("SIGTERM", stop);
  // Node.js would print them, and the agent cannot read that.
  process.removeAllListeners("warning");
  process.on("warning", (warning) => logger.debug("Node.js warns", { warning: warning.message }));
  process.on("uncaughtException", (error) => {
    // The agent starts another process, which takes the tasks over; this one may not know any more what it does.
    logger.error("the docker plugin failed, which is a bug; please report it", { error, stack: error.stack });
    outliveStart(process, logger);
    process.exit(1);
  });
}

/** An agent starts a plugin that has ended again at once, and one that fails each time as fast as the machine can. */
function outliveStart(process: NodeJS.Process, logger: Logger): void {
  const waitMs = shortestLifeMs - process.uptime() * 1000;
  if (waitMs <= 0) return;
  const message =
    "the docker plugin failed soon after its start: it waits before the agent can start it again";
  logger.warn(message, { seconds: Math.ceil(waitMs / 1000) });
  // Nothing else is to run any more, so the whole process stands still.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, waitMs);
}
