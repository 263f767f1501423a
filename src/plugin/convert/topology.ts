import type { Topology } from "../../driver/index.ts";
import type { ClientTopology, ClientTopologyCore } from "../proto/generated/nomad/base.ts";

/** The machine's compute as the agent counts it; undefined when it says nothing of it (before Nomad 1.7). */
export function toTopology(wire: ClientTopology | undefined): Topology | undefined {
  const cores = (wire?.cores ?? []).filter((core) => !core.disable);
  const totalMhz = wire?.overrideTotalCompute || cores.reduce((sum, core) => sum + toMhz(core), 0);
  return cores.length === 0 || totalMhz === 0 ? undefined : { totalMhz, cores: cores.length };
}

function toMhz({ baseSpeed, maxSpeed, guessSpeed }: ClientTopologyCore): number {
  return baseSpeed || maxSpeed || guessSpeed;
}
