import type { Finding } from "../compare.ts";
import { compareLogs } from "./logs.ts";
import { compareMemory } from "./memory.ts";
import { compareHandshake, measureSize } from "./plugin.ts";
import { compareRest } from "./rest.ts";
import { compareMany, compareStart } from "./start.ts";
import { compareStats } from "./stats.ts";

export interface CaseOptions {
  /** Path of the engine's unix socket. */
  readonly socket: string;
  /** How often each side runs, where it is quick; what takes long runs less often. */
  readonly rounds: number;
  /** Told how far it is. */
  tell(progress: string): void;
  /** Ends the measuring; what was made is removed. */
  readonly signal: AbortSignal;
}

/** A finding and the question that it answers. */
export interface Figure extends Finding {
  readonly title: string;
}

/** One set-up of agents and what is measured with it. */
export interface NomadCase {
  readonly name: string;
  run(options: CaseOptions): Promise<readonly Figure[]>;
}

/** Each has agents of its own, so that none finds what another one left. */
export const nomadCases: readonly NomadCase[] = [
  { name: "start", run: async (options) => await compareStart(options, 0) },
  { name: "start-100", run: async (options) => await compareStart(options, 100) },
  { name: "many", run: compareMany },
  { name: "memory", run: compareMemory },
  { name: "rest", run: compareRest },
  { name: "stats", run: compareStats },
  { name: "logs", run: compareLogs },
  { name: "handshake", run: compareHandshake },
  { name: "size", run: measureSize },
];
