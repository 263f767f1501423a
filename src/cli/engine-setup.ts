import { homedir } from "node:os";
import type { AgentOptions as DriverOptions } from "../driver/index.ts";
import { createEngine, type Engine, type FoundEndpoint, findEndpoint } from "../engine/index.ts";
import type { CommandInput, CommandIo } from "./command-io.ts";

/** The engine of a flag, the driver's options, the environment, or the usual places. */
export function chooseEndpoint(input: CommandInput, io: CommandIo, options: DriverOptions): FoundEndpoint {
  const { ca, cert, key } = options.tls;
  const tls = ca === undefined && cert === undefined && key === undefined ? undefined : { ca, cert, key };
  return findEndpoint({
    option: input.text("docker-endpoint") ?? options.endpoint,
    tls,
    env: io.env,
    homeDir: homedir(),
    uid: process.getuid?.(),
    mode: "machine",
  });
}

/** An engine that is not connected to before it is used. */
export function openEngine(found: FoundEndpoint): Engine {
  return createEngine({ endpoint: found.endpoint, tls: found.tls });
}
