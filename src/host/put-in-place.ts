import { rename, rm } from "node:fs/promises";

/**
 * Puts a file in place whole: who looks meanwhile sees the old one or the new one. `write` makes it at `temporary`, on
 * the same disk; when that, or putting it in place, is rejected, nothing of it is left there.
 */
export async function putInPlace(
  path: string,
  temporary: string,
  write: (temporary: string) => Promise<void>,
): Promise<void> {
  try {
    await write(temporary);
    await rename(temporary, path);
  } catch (error) {
    // On a full disk it would take the room that the next try needs.
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}
