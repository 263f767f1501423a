import { type OpenDriverOptions, openDockerDriver } from "../driver/open-driver.ts";
import { HostedDriver } from "./hosted-driver.ts";
import { TaskOutputs } from "./output/task-outputs.ts";

/** A driver with outputs; all that two of an agent's three plugin processes have no use for is loaded with it. */
export function openHostedDriver(options: OpenDriverOptions): HostedDriver {
  const { logger, agentOptions } = options;
  return new HostedDriver(openDockerDriver(options), new TaskOutputs({ logs: agentOptions.logs, logger }));
}
