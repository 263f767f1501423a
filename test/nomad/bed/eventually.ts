import { setTimeout as pause } from "node:timers/promises";

/** Resolves when the check answers true; for what nothing tells of when it happens. */
export async function eventually(check: () => Promise<boolean>): Promise<void> {
  while (!(await check())) await pause(50);
}
