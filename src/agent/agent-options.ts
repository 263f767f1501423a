import { resolve } from "node:path";
import { type Logger, silentLogger, type TaskDriver } from "../task/index.ts";
import { type ArtifactLimits, defaultArtifactLimits } from "./artifacts/artifact-limits.ts";
import { type Clock, systemClock } from "./clock.ts";
import { findHostAddress } from "./host-address.ts";
import { type Machine, readMachine } from "./machine.ts";
import type { PortRange } from "./port-allocator.ts";
import type { TemplateRenderer } from "./template-renderer.ts";

/** A folder of this machine that jobs may ask for. */
export interface HostVolume {
  readonly path: string;
  /** No job may write to it. */
  readonly readOnly: boolean;
}

/** What an agent needs to know; only the driver and the data folder have no default. */
export interface AgentOptions {
  readonly driver: TaskDriver;
  /** Holds state and allocation folders; made when missing. Relative paths start at the working folder. */
  readonly dataDir: string;
  readonly logger?: Logger | undefined;
  /** Address that ports are bound on; that of the interface with the default route when missing, else 127.0.0.1. */
  readonly hostAddress?: string | undefined;
  /** Addresses by the names that a port's `host_network` may give. */
  readonly hostNetworks?: Readonly<Record<string, string>> | undefined;
  /** Folders of this machine by the names that a group's `volume` blocks may give as `source`. */
  readonly hostVolumes?: Readonly<Record<string, string | HostVolume>> | undefined;
  /** 20000 to 32000 when missing, both included. */
  readonly dynamicPorts?: PortRange | undefined;
  /** `NOMAD_DC`; the first one that the job names when missing, else `dc1`. */
  readonly datacenter?: string | undefined;
  /** Most that a task's `kill_timeout` may be, milliseconds; 30000 when missing. */
  readonly maxKillTimeoutMs?: number | undefined;
  /** Keep all allocation folders at a job's end; without it only the logs of failed allocations are kept. */
  readonly keepAllocs?: boolean | undefined;
  readonly artifactLimits?: Partial<ArtifactLimits> | undefined;
  /** Renders `template` blocks; the job file reader's own when missing. */
  readonly renderTemplate?: TemplateRenderer | undefined;
  /** In [0, 1): port choice and restart jitter. */
  readonly random?: (() => number) | undefined;
  readonly clock?: Clock | undefined;
  readonly machine?: Machine | undefined;
}

/** What is settled about an agent's place: all that planning needs. */
export interface AgentSettings {
  readonly dataDir: string;
  readonly hostAddress: string;
  readonly hostNetworks: Readonly<Record<string, string>>;
  readonly hostVolumes: Readonly<Record<string, string | HostVolume>>;
  readonly datacenter: string | undefined;
  readonly machine: Machine;
}

/** What an agent's parts work with. */
export interface AgentContext {
  readonly driver: TaskDriver;
  readonly settings: AgentSettings;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: () => number;
  readonly maxKillTimeoutMs: number;
  readonly keepAllocs: boolean;
  readonly artifactLimits: ArtifactLimits;
  readonly renderTemplate: TemplateRenderer;
}

export const defaultDynamicPorts: PortRange = { min: 20_000, max: 32_000 };

/** Options that say where jobs would run. */
export type PlaceOptions = Pick<
  AgentOptions,
  | "dataDir"
  | "hostAddress"
  | "hostNetworks"
  | "hostVolumes"
  | "dynamicPorts"
  | "datacenter"
  | "machine"
  | "maxKillTimeoutMs"
>;

/** Fills in what the options leave open by looking at this machine. */
export function toAgentSettings(options: PlaceOptions): AgentSettings {
  return {
    dataDir: resolve(options.dataDir),
    hostAddress: options.hostAddress ?? findHostAddress(),
    hostNetworks: options.hostNetworks ?? {},
    hostVolumes: options.hostVolumes ?? {},
    datacenter: options.datacenter,
    machine: options.machine ?? readMachine(),
  };
}

/** Fills in every default. */
export function toAgentContext(options: AgentOptions, renderTemplate: TemplateRenderer): AgentContext {
  return {
    driver: options.driver,
    settings: toAgentSettings(options),
    logger: options.logger ?? silentLogger,
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
    maxKillTimeoutMs: options.maxKillTimeoutMs ?? 30_000,
    keepAllocs: options.keepAllocs ?? false,
    artifactLimits: { ...defaultArtifactLimits, ...options.artifactLimits },
    renderTemplate,
  };
}
