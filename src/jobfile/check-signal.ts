import { isLongshoreError, parseSignal } from "../task/index.ts";
import type { Findings } from "./findings.ts";
import type { Place } from "./tree.ts";

/** Tells of what is no signal; nothing and the empty text are for the default. */
export function checkSignal(name: string | undefined, place: Place | undefined, findings: Findings): void {
  if (name === undefined || name === "") return;
  try {
    parseSignal(name);
  } catch (error) {
    if (!isLongshoreError(error, "invalid")) throw error;
    findings.error(place, "Invalid signal", `${error.message}. ${error.hint}`);
  }
}
