import {
  type CallOptions,
  isLongshoreError,
  LongshoreError,
  type TaskConfig,
  type TaskDriver,
} from "../task/index.ts";

/**
 * Removes the container of a start whose end nobody saw, if there is one. Without a handle it is known by its
 * name only, which the engine takes in an id's place.
 */
export async function removeLeftStart(
  driver: TaskDriver,
  config: TaskConfig,
  options: CallOptions,
): Promise<void> {
  const containerId = toContainerName(config);
  try {
    await driver.recoverTask({ version: 1, config, driverState: { containerId } }, options);
    await driver.destroyTask(config.id, { ...options, force: true });
  } catch (error) {
    if (!isLongshoreError(error, "not-found")) throw error;
  }
}

/** The name that the driver gives a task's container. */
export function toContainerName({ name, allocId }: Pick<TaskConfig, "name" | "allocId">): string {
  return `${name.replaceAll("/", "_")}-${allocId}`;
}

/** What is told of a container, by id or name, whose engine does not answer when it is to be removed. */
export function toLeftBehind(container: string, cause: unknown): LongshoreError {
  return new LongshoreError(
    "unavailable",
    `Docker does not answer: container ${container} may be left behind`,
    {
      cause,
      hint: `When Docker is back, run the job again: it removes the container. So does \`docker rm --force ${container}\`.`,
      retryable: false,
    },
  );
}
