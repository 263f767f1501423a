import { Findings } from "./findings.ts";
import { hcl } from "./hcl.ts";
import { JobFileError } from "./job-file-error.ts";
import { agentConfigSchema } from "./job-schema.ts";
import { type Read, readBlock, source } from "./read-block.ts";
import { type JobSource, toText } from "./read-source.ts";
import type { Parsed } from "./tree.ts";

/** What an agent's configuration says of the Docker driver and of the client. */
export interface AgentConfig {
  /** `plugin "docker" { config { ... } }`: attributes as values, blocks as arrays of objects. */
  readonly plugin: Readonly<Record<string, unknown>>;
  /** Whether there is a `plugin "docker"` block; without one an agent starts no plugin of that name. */
  readonly hasPlugin: boolean;
  /** Where the agent looks for plugins, if it says so. */
  readonly pluginDir: string | undefined;
  /** `client { options { ... } }`, such as `docker.endpoint`. */
  readonly clientOptions: Readonly<Record<string, string>>;
  /** `client { meta { ... } }` */
  readonly clientMeta: Readonly<Record<string, string>>;
  /** `client { max_kill_timeout = "60s" }`: the most that a task's `kill_timeout` counts, milliseconds. */
  readonly maxKillTimeoutMs: number | undefined;
  /** `client { min_dynamic_port = 20000, max_dynamic_port = 32000 }`: the ports for those that a job gives no number. */
  readonly dynamicPorts: { readonly min: number | undefined; readonly max: number | undefined };
  /** `client { host_volume "name" { ... } }`: folders of the machine that jobs may ask for by name. */
  readonly hostVolumes: Readonly<Record<string, { readonly path: string; readonly readOnly: boolean }>>;
  /** `client { host_network "name" { ... } }`: addresses of the machine that ports may be bound on by name. */
  readonly hostNetworks: Readonly<
    Record<string, { readonly cidr: string | undefined; readonly interface: string | undefined }>
  >;
}

/**
 * Reads a Nomad agent's configuration, in HCL or JSON; what does not concern a Docker driver is passed over. Rejects
 * with a JobFileError when it cannot be read.
 */
export async function readAgentConfig(input: JobSource): Promise<AgentConfig> {
  const { name, text } = await toText(input);
  const parsed = (await hcl.call("parse", {
    name,
    text,
    schema: "agent",
    plain: true,
    baseDir: ".",
  })) as Parsed;
  const findings = new Findings(parsed.files, new Map([[name, text]]));
  findings.addFaults(parsed.faults);
  const empty = { attributes: {}, blocks: {} };
  const read = readBlock(parsed.tree ?? empty, agentConfigSchema, findings, { bareNumberIsSeconds: false });
  const errors = findings.errors();
  if (errors.length > 0) throw new JobFileError(name, errors);
  return toAgentConfig(read);
}

function toAgentConfig({ plugin, client, plugin_dir }: Read<typeof agentConfigSchema>): AgentConfig {
  const last = <T>(values: readonly (T | undefined)[]) => values.findLast((value) => value !== undefined);
  const docker = plugin.filter((one) => one[source].label === "docker");
  return {
    plugin: Object.assign({}, ...docker.map((one) => one.config)),
    hasPlugin: docker.length > 0,
    pluginDir: plugin_dir,
    clientOptions: Object.assign({}, ...client.map((one) => one.options)),
    clientMeta: Object.assign({}, ...client.map((one) => one.meta)),
    maxKillTimeoutMs: last(client.map((one) => one.max_kill_timeout)),
    dynamicPorts: {
      min: last(client.map((one) => one.min_dynamic_port)),
      max: last(client.map((one) => one.max_dynamic_port)),
    },
    hostVolumes: Object.fromEntries(
      client
        .flatMap((one) => one.host_volume)
        .map(({ [source]: block, path = "", read_only: readOnly }) => [
          block.label ?? "",
          { path, readOnly },
        ]),
    ),
    hostNetworks: Object.fromEntries(
      client
        .flatMap((one) => one.host_network)
        .map(({ [source]: block, cidr, interface: name }) => [block.label ?? "", { cidr, interface: name }]),
    ),
  };
}
