import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";

export interface InTimeOptions {
  /** From when on closing may take so long only. */
  readonly hurry: AbortSignal;
  readonly ms: number;
  /** It takes longer, and is not waited for. */
  onLate(): void;
}

/** Closes a resource as it does itself, but waits no longer than a user who is in a hurry. */
export function closeInTime(
  resource: AsyncDisposable,
  { hurry, ms, onLate }: InTimeOptions,
): AsyncDisposable {
  return {
    async [Symbol.asyncDispose]() {
      const done = new AbortController();
      const closing = Promise.resolve(resource[Symbol.asyncDispose]()).finally(() => done.abort());
      const late = isLate(hurry, ms, done.signal);
      // Whoever comes second has nobody who listens.
      closing.catch(() => undefined);
      if ((await Promise.race([closing, late])) === "late") onLate();
    },
  };
}

async function isLate(hurry: AbortSignal, ms: number, signal: AbortSignal): Promise<"late" | undefined> {
  try {
    if (!hurry.aborted) await once(hurry, "abort", { signal });
    return await pause(ms, "late" as const, { signal });
  } catch {
    return undefined;
  }
}
