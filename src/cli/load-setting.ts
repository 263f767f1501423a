import { networkInterfaces } from "node:os";
import { type NodeFacts, type PlaceOptions, readNodeFacts } from "../agent/index.ts";
import { type AgentOptions, parseAgentOptions } from "../driver/index.ts";
import { readAgentConfig } from "../jobfile/index.ts";
import { toHostAddress } from "./address.ts";
import { parseAssignments } from "./assignments.ts";
import type { CommandInput, CommandIo } from "./command-io.ts";
import { toDataDir } from "./data-dir.ts";
import { toDynamicPorts } from "./dynamic-ports.ts";
import { toHostNetworks, toHostVolumes } from "./host-names.ts";
import { UsageError } from "./usage-error.ts";

/** What a job is to run with on this machine. */
export interface Setting {
  readonly agentOptions: AgentOptions;
  readonly node: NodeFacts;
  /** Where on this machine, and what of it jobs may ask for by name. */
  readonly place: PlaceOptions;
}

/** What `-config`, `-option`, `-data-dir` and `-address` say. Rejects with `invalid` for what does not hold. */
export async function loadSetting(input: CommandInput, io: CommandIo): Promise<Setting> {
  const file = input.text("config");
  const config = file === undefined ? undefined : await readAgentConfig({ file });
  const options = parseAssignments("option", input.texts("option"));
  checkOptionNames(Object.keys(options));
  const facts = readNodeFacts();
  return {
    agentOptions: parseAgentOptions(config?.plugin, { ...config?.clientOptions, ...options }),
    node: { ...facts, meta: { ...facts.meta, ...config?.clientMeta } },
    place: {
      dataDir: toDataDir({ flag: input.text("data-dir"), env: io.env, uid: process.getuid?.() }),
      hostAddress: toHostAddress({ flag: input.text("address"), env: io.env }),
      maxKillTimeoutMs: config?.maxKillTimeoutMs,
      dynamicPorts: config && toDynamicPorts(config.dynamicPorts),
      hostVolumes: toHostVolumes(config?.hostVolumes ?? {}),
      // Looking takes a while on a machine that runs many containers.
      hostNetworks: config === undefined ? {} : toHostNetworks(config.hostNetworks, networkInterfaces()),
    },
  };
}

/** A file's client options may be for other drivers; what is given by hand is for this one. */
function checkOptionNames(names: readonly string[]): void {
  const foreign = names.find((name) => !name.startsWith("docker."));
  if (foreign === undefined) return;
  throw new UsageError(
    `-option ${foreign}: is no option of the docker driver`,
    "Its options begin with docker., such as docker.cleanup.image; docs/options.md has them all.",
  );
}
