import { version } from "../task/version.ts";
import { readHostWishes } from "./handshake.ts";
import { createHclogLogger, readLogLevel } from "./hclog.ts";
import { mindHost } from "./mind-host.ts";
import { servePlugin } from "./serve-plugin.ts";
import { isStartedByHost } from "./started-by-host.ts";
import { toUsage } from "./usage.ts";

/**
 * Serves the Nomad agent that started this process until it asks for the end, and answers the exit code. Started by
 * anybody else, says what this is (`path` is where it lies), and answers 1.
 */
export async function runPlugin(path: string): Promise<number> {
  const { env, stdout, stderr } = process;
  if (!isStartedByHost(env)) {
    stderr.write(toUsage(path));
    return 1;
  }
  const logger = createHclogLogger(stderr, readLogLevel(env.NOMAD_LOG_LEVEL));
  const stop = new AbortController();
  mindHost(process, logger, () => stop.abort());
  try {
    await servePlugin({
      wishes: readHostWishes(env),
      env,
      logger,
      version,
      signal: stop.signal,
      onListening: (handshake) => void stdout.write(handshake),
    });
    return 0;
  } catch (error) {
    logger.error("the docker plugin cannot run", { error });
    return 1;
  }
}
