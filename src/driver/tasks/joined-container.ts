import { type CallOptions, OptionsError, type TaskConfig } from "../../task/index.ts";
import { allocIdLabel } from "../container/labels.ts";
import type { ContainerPlan } from "../container/plan-container.ts";
import type { DriverContext } from "../context.ts";

/**
 * The network mode as the engine is to have it: the container that a task wants to join, by its id, since its name may
 * mean another one by the time of the start. Rejects with `not-found` when there is none, and with an OptionsError when
 * it is another allocation's and the agent's `allowed_modes.network` does not say that it may be joined.
 */
export async function pinNetworkMode(
  { engine, agent }: DriverContext,
  task: TaskConfig,
  { networkMode, options }: Pick<ContainerPlan, "networkMode" | "options">,
  call: CallOptions,
): Promise<string> {
  const [, name] = /^container:(.*)$/.exec(options.network_mode ?? "") ?? [];
  if (name === undefined) return networkMode;
  const { Id, Config } = await engine.inspectContainer(name, call);
  const owner = Config.Labels[allocIdLabel];
  // Where there is a list, the plan has seen that it holds this mode.
  const allowed = agent.allowed_modes.network.length > 0;
  if (owner !== undefined && owner !== task.allocId && !allowed) {
    const message = `the container "${name}" is of another allocation; it needs allowed_modes.network in the docker driver's options`;
    throw new OptionsError(`task "${task.name}"`, [{ path: ["config", "network_mode"], message }]);
  }
  return `container:${Id}`;
}
