import type { HostConfigRequest } from "../../engine/engine-types.ts";
import { type Planning, refuse } from "./planning.ts";

/** The container's log driver. The agent's log options go with the agent's log driver only. */
export function planLogging(planning: Planning): Pick<HostConfigRequest, "LogConfig"> {
  const { options, agent, engine } = planning;
  const key = options.logging.type === undefined ? "driver" : "type";
  const type = options.logging.type ?? options.logging.driver ?? agent.logging.type;
  if (engine.logDrivers?.includes(type) === false && type !== "none") {
    const known = [...engine.logDrivers].sort().join(", ");
    refuse(planning, ["logging", key], `the engine has no log driver "${type}"; it has ${known}, none`);
  }
  const own = options.logging.config;
  const inherited = type === agent.logging.type ? agent.logging.config : {};
  return { LogConfig: { Type: type, Config: Object.keys(own).length > 0 ? own : inherited } };
}
