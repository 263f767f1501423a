import { networkInterfaces } from "node:os";
import type { Engine, EngineInfo } from "../engine/index.ts";
import { type Fingerprint, isLongshoreError } from "../task/index.ts";
import type { AgentOptions } from "./options/agent-options.ts";
import type { WatchState } from "./watch/engine-watch.ts";

/** What the driver can say of its engine, `seen` or not before; undefined while it does not know yet. */
export function toFingerprint(
  state: WatchState,
  { agent, seen }: { readonly agent: AgentOptions; readonly seen: boolean },
): Fingerprint | undefined {
  switch (state.phase) {
    case "connecting":
      return undefined;
    case "open":
      return {
        health: "healthy",
        description: "Healthy",
        attributes: toAttributes(state.info, agent),
      };
    case "lost": {
      const { error } = state;
      const found = seen || isLongshoreError(error, "unauthorized");
      const hint = error.hint === undefined ? "" : `. ${error.hint}`;
      const why = `Failed to connect to docker daemon: ${error.message}${hint}`;
      return { health: found ? "unhealthy" : "undetected", description: why, attributes: {} };
    }
  }
}

function toAttributes(info: EngineInfo, agent: AgentOptions): Fingerprint["attributes"] {
  return {
    "driver.docker": true,
    "driver.docker.version": info.ServerVersion,
    "driver.docker.runtimes": Object.keys(info.Runtimes).sort().join(","),
    "driver.docker.os_type": info.OSType,
    ...(agent.allow_privileged && { "driver.docker.privileged.enabled": true }),
    ...(agent.volumes.enabled && { "driver.docker.volumes.enabled": true }),
    ...(agent.pids_limit > 0 && { "driver.docker.pids.limit": agent.pids_limit }),
  };
}

/** The address of the engine's default bridge; undefined when it has none, or does not say. */
export async function findBridgeIp(engine: Engine): Promise<string | undefined> {
  try {
    const { IPAM, Options } = await engine.inspectNetwork("bridge");
    // Some engines tell it only once they have been restarted; the bridge is on this machine then, or nobody knows.
    const name = Options?.["com.docker.network.bridge.name"] ?? "";
    const own = networkInterfaces()[name]?.find(({ family }) => family === "IPv4")?.address;
    return IPAM.Config?.find(({ Gateway }) => Gateway)?.Gateway ?? own;
  } catch {
    return undefined;
  }
}

/** A fingerprint's attributes as a node has them, for `${attr.driver.docker}`: all text, true as 1. */
export function toNodeAttributes(fingerprint: Fingerprint): Readonly<Record<string, string>> {
  const toText = (value: string | number | boolean) => (value === true ? "1" : String(value));
  return Object.fromEntries(
    Object.entries(fingerprint.attributes).map(([name, value]) => [name, toText(value)]),
  );
}
