import type { Logger } from "../task/index.ts";

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
    process.exit(1);
  });
}
