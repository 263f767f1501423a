import type { NomadClient } from "../../test/nomad/bed/client.ts";
import { readCpuMs, readPss } from "./processes.ts";

/** What is read of an agent's processes, by what they are there for. */
export interface Groups<T> {
  readonly agent: T;
  /** The plugin, or the built-in driver's docker_logger processes. */
  readonly helpers: T;
  /** The agent's log collectors. */
  readonly collectors: T;
}

async function findGroups(client: NomadClient): Promise<Groups<readonly number[]>> {
  const toPids = (processes: readonly { readonly pid: number }[]) => processes.map(({ pid }) => pid);
  const plugins = toPids(await client.processes("docker"));
  const loggers = toPids(await client.processes("docker_logger"));
  const collectors = toPids(await client.processes("logmon"));
  const others = new Set([...plugins, ...loggers, ...collectors]);
  const agent = toPids(await client.allProcesses()).filter((pid) => !others.has(pid));
  return { agent, helpers: [...plugins, ...loggers], collectors };
}

async function mapGroups<T, U>(groups: Groups<T>, change: (value: T) => Promise<U>): Promise<Groups<U>> {
  return {
    agent: await change(groups.agent),
    helpers: await change(groups.helpers),
    collectors: await change(groups.collectors),
  };
}

/** Proportional set size, in bytes. */
export async function readGroupsPss(client: NomadClient): Promise<Groups<number>> {
  return await mapGroups(await findGroups(client), readPss);
}

/** CPU time so far, in milliseconds. */
export async function readGroupsCpuMs(client: NomadClient): Promise<Groups<number>> {
  return await mapGroups(await findGroups(client), readCpuMs);
}

/** How much more there is for each of `units`. */
export function toIncrease(before: Groups<number>, after: Groups<number>, units: number): Groups<number> {
  return {
    agent: (after.agent - before.agent) / units,
    helpers: (after.helpers - before.helpers) / units,
    collectors: (after.collectors - before.collectors) / units,
  };
}

export function sumGroups({ agent, helpers, collectors }: Groups<number>): number {
  return agent + helpers + collectors;
}

/** For the progress. */
export function describeGroups({ agent, helpers, collectors }: Groups<number>): string {
  return `agent ${agent.toFixed(1)}, helpers ${helpers.toFixed(1)}, collectors ${collectors.toFixed(1)}`;
}
