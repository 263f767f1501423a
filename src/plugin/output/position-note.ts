import { closeSync, constants, fstatSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { type LogPosition, type TaskConfig, toTaskDirs } from "../../task/index.ts";

/** How much of a task's output the host has. */
export interface Noted {
  /** Where the engine's log goes on; undefined for its beginning. */
  readonly position: LogPosition | undefined;
  /** Bytes that the host has of the frame after that. */
  readonly partialBytes: number;
  /** Bytes after those, of one frame or several, that were just being handed over: the host has all or none. */
  readonly pendingBytes: number;
}

export const nothingNoted: Noted = { position: undefined, partialBytes: 0, pendingBytes: 0 };

// Room for the longest note, so that a shorter one covers a longer one whole.
const noteBytes = 128;

/** The root of the task's own folder: unlike the folder of the logs, no task can reach it. */
export function toNotePath(task: TaskConfig): string {
  return join(toTaskDirs(task).taskDir, ".longshore-output");
}

/**
 * Keeps note of how far a task's output has been handed over, so that a later process goes on there. A disk that takes
 * no note costs a repetition after the next restart, and nothing else.
 */
export class PositionNote {
  readonly #path: string;
  #fd: number | undefined;
  #failed = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** What an earlier process noted; undefined when there is nothing readable. */
  read(): Noted | undefined {
    try {
      return parseNote(readFileSync(this.#open(0), "utf8"));
    } catch {
      return undefined;
    }
  }

  write({ position, partialBytes, pendingBytes }: Noted): void {
    if (this.#failed) return;
    try {
      const place = `${position?.timeNs ?? "-"} ${position?.frames ?? 0}`;
      const text = `${place} ${partialBytes} ${pendingBytes}\n`;
      writeSync(this.#open(constants.O_CREAT), text.padEnd(noteBytes), 0);
    } catch {
      this.#failed = true;
    }
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  remove(): void {
    this.close();
    this.#failed = true;
    rmSync(this.#path, { force: true });
  }

  #open(create: number): number {
    if (this.#fd !== undefined) return this.#fd;
    const flags = constants.O_RDWR | create | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const fd = openSync(this.#path, flags, 0o600);
    const found = fstatSync(fd);
    if (!found.isFile() || found.nlink !== 1) {
      closeSync(fd);
      throw new Error(`${this.#path} is not this plugin's`);
    }
    this.#fd = fd;
    return fd;
  }
}

function parseNote(text: string): Noted | undefined {
  const match = /^(\d{1,20}|-) (\d{1,15}) (\d{1,15}) (\d{1,15})\n/.exec(text);
  if (match === null) return undefined;
  const [, timeNs = "-", frames, partialBytes, pendingBytes] = match;
  return {
    position: timeNs === "-" ? undefined : { timeNs, frames: Number(frames) },
    partialBytes: Number(partialBytes),
    pendingBytes: Number(pendingBytes),
  };
}
