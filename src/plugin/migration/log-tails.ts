import { constants } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { type GuardedFolder, listLogIndexes, openGuardedFolder } from "../../host/index.ts";
import type { LogChunk, TaskConfig } from "../../task/index.ts";

/** The end of one stream's log files. */
export interface LogTail {
  readonly data: Uint8Array;
  /** When the newest file was written last, milliseconds since the epoch. */
  readonly writtenMs: number;
}

/** Undefined for a stream without output so far. */
export type LogTails = Readonly<Record<LogChunk["stream"], LogTail | undefined>>;

const tailBytes = 256 * 1024;
/** Longer than an agent's log collector keeps what it has read to itself. */
const stillMs = 250;
const longestWaitMs = 3000;

/** Reads the ends of a task's log files once nobody has written to them for a moment. */
export async function readLogTails(task: Pick<TaskConfig, "allocDir" | "name">): Promise<LogTails> {
  await using folder = await openGuardedFolder(task.allocDir, ["alloc", "logs"]);
  for (let waitedMs = 0; waitedMs < longestWaitMs; waitedMs += stillMs) {
    const before = await readBoth(folder, task.name);
    await pause(stillMs);
    const after = await readBoth(folder, task.name);
    if (isSame(before.stdout, after.stdout) && isSame(before.stderr, after.stderr)) return after;
  }
  return await readBoth(folder, task.name);
}

async function readBoth(folder: GuardedFolder, task: string): Promise<LogTails> {
  return {
    stdout: await readTail(folder, `${task}.stdout`),
    stderr: await readTail(folder, `${task}.stderr`),
  };
}

async function readTail(folder: GuardedFolder, name: string): Promise<LogTail | undefined> {
  const newestFirst = (await listLogIndexes(folder, name)).toReversed();
  const parts: Uint8Array[] = [];
  let writtenMs = 0;
  let missing = tailBytes;
  for (const index of newestFirst) {
    if (missing <= 0) break;
    const part = await readEnd(folder, `${name}.${index}`, missing);
    parts.unshift(part.data);
    writtenMs = Math.max(writtenMs, part.writtenMs);
    missing -= part.data.byteLength;
  }
  const data = Buffer.concat(parts);
  return data.byteLength === 0 ? undefined : { data, writtenMs };
}

async function readEnd(folder: GuardedFolder, name: string, bytes: number): Promise<LogTail> {
  const file = await folder.open(name, constants.O_RDONLY);
  try {
    const { size, mtimeMs } = await file.stat();
    const length = Math.min(size, bytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return { data: buffer.subarray(0, bytesRead), writtenMs: mtimeMs };
  } finally {
    await file.close();
  }
}

function isSame(left: LogTail | undefined, right: LogTail | undefined): boolean {
  return left?.writtenMs === right?.writtenMs && left?.data.byteLength === right?.data.byteLength;
}
