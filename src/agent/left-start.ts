import { type CallOptions, isLongshoreError, type TaskConfig, type TaskDriver } from "../task/index.ts";

/**
 * Removes the container of a start whose end nobody saw, if there is one. Without a handle it is known by its
 * name only, which the engine takes in an id's place.
 */
export async function removeLeftStart(
  driver: TaskDriver,
  config: TaskConfig,
  options: CallOptions,
): Promise<void> {
  const containerId = `${config.name.replaceAll("/", "_")}-${config.allocId}`;
  try {
    await driver.recoverTask({ version: 1, config, driverState: { containerId } }, options);
    await driver.destroyTask(config.id, { ...options, force: true });
  } catch (error) {
    if (!isLongshoreError(error, "not-found")) throw error;
  }
}
