import type { Engine } from "../engine/index.ts";
import { type CallOptions, isLongshoreError, pause } from "../task/index.ts";

const attempts = 6;
const firstDelayMs = 50;

/** Removes a container, running or not, with its anonymous volumes; a removal that someone else has begun is waited for. */
export async function removeContainer(engine: Engine, id: string, { signal }: CallOptions): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await engine.removeContainer(id, { force: true, signal });
    } catch (error) {
      if (!isLongshoreError(error, "conflict") || attempt === attempts) throw error;
      await pause(firstDelayMs * 2 ** (attempt - 1), signal);
    }
  }
}
