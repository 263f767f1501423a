import { constants } from "node:fs";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { createLogNoteFile, type LogNoteFile } from "../host/index.ts";

/** Where a task's log position is noted; not a folder that tasks can reach. */
export function toPositionPath(jobFolder: string, allocId: string, task: string): string {
  return join(jobFolder, `${allocId}.${encodeURIComponent(task)}.position`);
}

export function openLogPosition(positionPath: string): LogNoteFile {
  return createLogNoteFile(() => open(positionPath, constants.O_RDWR | constants.O_CREAT, 0o600));
}

/** Gone already is fine. */
export async function removeLogPosition(positionPath: string): Promise<void> {
  await rm(positionPath, { force: true });
}
