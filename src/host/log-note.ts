import type { FileHandle } from "node:fs/promises";
import type { LogChunk, LogPosition } from "../task/index.ts";
import type { LogPlace } from "./log-rotator.ts";

/** How far a task's output is kept: what a later reader needs to go on. */
export interface LogNote {
  /** Where the output goes on; null for its beginning. */
  readonly position: LogPosition | null;
  /** Where each stream's files ended. */
  readonly places: Readonly<Partial<Record<Stream, LogPlace>>>;
  /** Bytes of each stream that the files hold already although they come after `position`. */
  readonly ahead?: Readonly<Record<Stream, number>> | undefined;
}

type Stream = LogChunk["stream"];

/** One note in a file, written again and again. */
export interface LogNoteFile {
  /** The note as it stands; undefined when there is none that can be read. */
  read(): Promise<LogNote | undefined>;
  /** Rejects with the file system's error. */
  write(note: LogNote): Promise<void>;
  close(): Promise<void>;
}

// Room for the longest note, so that a shorter one covers a longer one whole.
const noteBytes = 512;

/** `openFile` opens the file for reading and writing, and makes it where it is missing. */
export function createLogNoteFile(openFile: () => Promise<FileHandle>): LogNoteFile {
  let file: FileHandle | undefined;
  return {
    async read() {
      try {
        file ??= await openFile();
        const { buffer, bytesRead } = await file.read(Buffer.alloc(noteBytes), 0, noteBytes, 0);
        return parseNote(buffer.toString("utf8", 0, bytesRead));
      } catch {
        return undefined;
      }
    },
    async write(note) {
      file ??= await openFile();
      await file.write(JSON.stringify(note).padEnd(noteBytes), 0);
    },
    async close() {
      const open = file;
      file = undefined;
      await open?.close();
    },
  };
}

/** Of a note that a task has tampered with only what may be a note is taken. */
function parseNote(text: string): LogNote | undefined {
  const parsed = JSON.parse(text) as Partial<Record<keyof LogNote, Record<string, unknown>>>;
  const { position, places, ahead } = parsed;
  const { timeNs, frames } = position ?? {};
  const known = typeof timeNs === "string" && /^\d{1,20}$/.test(timeNs) && isCount(frames);
  const stdout = toPlace(places?.stdout);
  const stderr = toPlace(places?.stderr);
  return {
    position: known ? { timeNs, frames } : null,
    places: { ...(stdout && { stdout }), ...(stderr && { stderr }) },
    ahead: { stdout: toCount(ahead?.stdout), stderr: toCount(ahead?.stderr) },
  };
}

function toPlace(value: unknown): LogPlace | undefined {
  const { index, size } = (value ?? {}) as Partial<Record<keyof LogPlace, unknown>>;
  return isCount(index) && isCount(size) ? { index, size } : undefined;
}

function toCount(value: unknown): number {
  return isCount(value) ? value : 0;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
