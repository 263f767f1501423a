import { setTimeout as pause } from "node:timers/promises";
import type { TaskDriver } from "../task/index.ts";
import type { DriverSlot } from "./driver-slot.ts";

export type OpenAttempt =
  | { readonly driver: TaskDriver }
  | { readonly driver: undefined; readonly error: unknown };

const firstRetryMs = 5000;
const longestRetryMs = 60_000;

/**
 * Tries until the driver can be opened, which is the last item. An agent whose stream of fingerprints or events ends
 * asks for another one at once, and again as fast as it can: the stream is to be held open meanwhile.
 */
export async function* tryToOpen(
  slot: Pick<DriverSlot, "settings" | "hosted">,
  signal: AbortSignal,
): AsyncGenerator<OpenAttempt> {
  // Asked for too early: that is the caller's mistake.
  void slot.settings;
  for (let retryMs = firstRetryMs; ; retryMs = Math.min(2 * retryMs, longestRetryMs)) {
    try {
      yield { driver: (await slot.hosted()).driver };
      return;
    } catch (error) {
      yield { driver: undefined, error };
    }
    await pause(retryMs, undefined, { signal });
  }
}
