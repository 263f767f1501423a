import { agentFields, parseAgentOptions } from "../driver/options/agent-options.ts";
import { LongshoreError } from "../task/index.ts";
import { toTopology } from "./convert/topology.ts";
import type { DriverSlot } from "./driver-slot.ts";
import { toObjectSpec } from "./hclspec.ts";
import { decodeMessagePack, toRecord } from "./msgpack.ts";
import { type BasePluginServiceImplementation, PluginType } from "./proto/generated/nomad/base.ts";

/** The API versions of Nomad's plugins that this one speaks; all agents since 1.0 ask for this one. */
const apiVersions = ["0.1.0"];

export interface PluginIdentity {
  readonly name: string;
  /** An agent prefers this plugin to its built-in one from 0.1.0 on. */
  readonly version: string;
}

/** What an agent asks every plugin: what it is, what its configuration may hold, and to take it. */
export function createBaseService(
  slot: DriverSlot,
  { name, version }: PluginIdentity,
): BasePluginServiceImplementation {
  return {
    async pluginInfo() {
      return { type: PluginType.DRIVER, pluginApiVersions: apiVersions, pluginVersion: version, name };
    },
    async configSchema() {
      return { spec: toObjectSpec(agentFields) };
    },
    async setConfig({ msgpackConfig, nomadConfig }) {
      const agentOptions = parseAgentOptions(readConfig(msgpackConfig));
      await slot.configure({ agentOptions, topology: toTopology(nomadConfig?.driver?.Topology) });
      return {};
    },
  };
}

function readConfig(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  const config = decodeMessagePack(bytes, 'the configuration of plugin "docker"');
  if (config === undefined || config === null) return {};
  const record = toRecord(config);
  if (record === undefined)
    throw new LongshoreError("invalid", 'the configuration of plugin "docker" is no map');
  return record;
}
