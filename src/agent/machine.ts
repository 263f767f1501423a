import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { arch, cpus, hostname, platform, release, totalmem } from "node:os";
import type { NodeFacts } from "./agent.ts";

/** What this machine has to share out. */
export interface Machine {
  readonly cores: number;
  readonly mhzPerCore: number;
  readonly memoryMb: number;
}

// Virtual machines do not always tell: Nomad assumes 1000 MHz then, too.
const assumedMhz = 1000;

/** Reads the machine's cores, their speed and the memory. */
export function readMachine(): Machine {
  const all = cpus();
  const speed = all[0]?.speed ?? 0;
  return {
    cores: Math.max(1, all.length),
    mhzPerCore: speed > 0 ? speed : assumedMhz,
    memoryMb: Math.floor(totalmem() / 2 ** 20),
  };
}

const goArch: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386", arm64: "arm64", arm: "arm" };

/** Facts of this machine under Nomad's attribute names; the id is the same at every start. */
export function readNodeFacts(): NodeFacts {
  const name = hostname();
  return {
    id: toUuid(createHash("sha256").update(readMachineId(name)).digest("hex")),
    name,
    attributes: {
      "cpu.arch": goArch[arch()] ?? arch(),
      "cpu.numcores": String(cpus().length),
      "kernel.name": platform(),
      "kernel.version": release(),
      "memory.totalbytes": String(totalmem()),
      "unique.hostname": name,
    },
    meta: {},
  };
}

/** The values of `${attr.*}`, `${meta.*}` and `${node.*}` by their full names. */
export function toNodeReferences(
  facts: NodeFacts,
  place: { readonly datacenter: string; readonly region: string },
): ReadonlyMap<string, string> {
  return new Map([
    ["node.unique.id", facts.id],
    ["node.unique.name", facts.name],
    ["node.datacenter", place.datacenter],
    ["node.region", place.region],
    ["node.class", ""],
    ["node.pool", "default"],
    ...Object.entries(facts.attributes).map(([key, value]) => [`attr.${key}`, value] as const),
    ...Object.entries(facts.meta).map(([key, value]) => [`meta.${key}`, value] as const),
  ]);
}

function readMachineId(fallback: string): string {
  try {
    return readFileSync("/etc/machine-id", "utf8").trim() || fallback;
  } catch {
    return fallback;
  }
}

function toUuid(hex: string): string {
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)];
  return parts.join("-");
}
