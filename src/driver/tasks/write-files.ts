import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { errorCode, errorMessage, LongshoreError } from "../../task/index.ts";
import type { PlannedFile } from "../container/network.ts";

const newFile = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/**
 * Writes what a container is to find, into the task's folder. The folder's own folder must be there. A link that an
 * earlier container left at a file's place is replaced, never followed. Rejects with `invalid` and the reason.
 */
export async function writePlannedFiles(files: readonly PlannedFile[]): Promise<void> {
  for (const { hostPath, text } of files) {
    try {
      // Not recursive: the host made what is above, and Node's own way never ends below /proc.
      await mkdir(dirname(hostPath)).catch(ignoreExisting);
      await writeNew(hostPath, text);
    } catch (cause) {
      const why = errorMessage(cause);
      throw new LongshoreError("invalid", `cannot write ${hostPath}: ${why}`, { cause });
    }
  }
}

async function writeNew(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}`;
  try {
    const file = await open(temporary, newFile, 0o644);
    try {
      await file.writeFile(text);
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

function ignoreExisting(error: unknown): void {
  if (errorCode(error) !== "EEXIST") throw error;
}
