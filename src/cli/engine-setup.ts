import { type AgentOptions, findOwnEndpoint } from "../driver/index.ts";
import type { FoundEndpoint } from "../engine/index.ts";
import type { CommandInput, CommandIo } from "./command-io.ts";

/** The engine of a flag, the driver's options, the environment, or the usual places. */
export function chooseEndpoint(
  input: CommandInput,
  io: CommandIo,
  agentOptions: AgentOptions,
): FoundEndpoint {
  return findOwnEndpoint({ endpoint: input.text("docker-endpoint"), agentOptions, env: io.env });
}
