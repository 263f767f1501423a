import type { ErrorKind } from "../../../task/index.ts";
import type { OptionPath } from "../../options/fields.ts";
import type { ContainerPlan } from "../plan-container.ts";
import { limitRules } from "./limit-rules.ts";
import { loggingRules } from "./logging-rules.ts";
import { mountRules } from "./mount-rules.ts";
import { networkRules } from "./network-rules.ts";
import { processRules } from "./process-rules.ts";
import { securityRules } from "./security-rules.ts";

/** What of a plan can be to blame. */
export type BlamedPlan = Pick<ContainerPlan, "options" | "request" | "ports">;

/** The key that the engine's words are about. */
export interface Blame {
  /** From `config`, `resources` or `user` on. */
  readonly path: OptionPath;
  /** What to try. */
  readonly hint?: string | undefined;
  /** What it is, since the engine's status often says no more than that it failed; `invalid` when missing. */
  readonly kind?: ErrorKind | undefined;
}

/** Words of the engine, and whom they blame; nobody when the plan has nothing that they could mean. */
export interface BlameRule {
  readonly words: RegExp;
  blame(match: RegExpExecArray, plan: BlamedPlan): Blame | undefined;
}

/**
 * What the engine and its runtime say, as seen on engine 20.10 with runc and read in moby's, containerd's and runc's
 * sources up to engine 28. There is no status for any of it: words are all there is.
 */
const rules: readonly BlameRule[] = [
  ...mountRules,
  ...loggingRules,
  ...networkRules,
  ...securityRules,
  ...limitRules,
  ...processRules,
];

/** Which key of the task the engine's words about a failed create or start are about, where that can be known. */
export function findBlame(words: string, plan: BlamedPlan): Blame | undefined {
  // A full disk is nobody's key.
  if (/no space left on device/i.test(words)) return undefined;
  for (const rule of rules) {
    const match = rule.words.exec(words);
    const blame = match === null ? undefined : rule.blame(match, plan);
    if (blame !== undefined) return blame;
  }
  return undefined;
}
