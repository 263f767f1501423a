import { constants } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { errorCode, errorMessage } from "../task/index.ts";
import { wholeFileError } from "./job-file-error.ts";

/** What Nomad takes as a job's source, too; far above what a person writes. */
const maxBytes = 1024 * 1024;

/**
 * Reads a text file. Whatever is no readable UTF-8 text of at most 1 MB rejects with a JobFileError: a folder, a device,
 * a pipe (which could wait for ever), something enormous, something binary.
 */
export async function readTextFile(file: string): Promise<string> {
  let handle: FileHandle | undefined;
  try {
    refuseOddFile(file, await stat(file));
    // Not blocking: the file may have become a pipe since.
    handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const found = await handle.stat();
    refuseOddFile(file, found);
    return decodeText(file, await readAtMost(handle, maxBytes + 1));
  } catch (error) {
    throw toReadError(file, error);
  } finally {
    await handle?.close();
  }
}

async function readAtMost(handle: FileHandle, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  while (length < limit) {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(Math.min(65536, limit - length)));
    if (bytesRead === 0) break;
    chunks.push(buffer.subarray(0, bytesRead));
    length += bytesRead;
  }
  return Buffer.concat(chunks);
}

interface FileKind {
  readonly size: number;
  isFile(): boolean;
  isDirectory(): boolean;
  isFIFO(): boolean;
  isSocket(): boolean;
}

function refuseOddFile(file: string, found: FileKind): void {
  if (found.isDirectory()) {
    throw wholeFileError(file, "Not a file", "It is a folder. Name the job file in it.");
  }
  if (!found.isFile()) {
    const kind = found.isFIFO() ? "a pipe" : found.isSocket() ? "a socket" : "a device";
    throw wholeFileError(
      file,
      "Not a file",
      `It is ${kind}. To read from a pipe, write - in place of a file and pipe into it.`,
    );
  }
  if (found.size > maxBytes) throw tooLarge(file, found.size);
}

function tooLarge(file: string, bytes: number): Error {
  const megabytes = (bytes / 1024 / 1024).toFixed(1);
  return wholeFileError(file, "File too large", `A job file may have 1 MB; this has ${megabytes} MB.`);
}

/** UTF-8 without the byte order mark that some editors write. */
function decodeText(file: string, bytes: Uint8Array): string {
  if (bytes.length > maxBytes) throw tooLarge(file, bytes.length);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw wholeFileError(
      file,
      "Not a text file",
      "A job file is UTF-8 text; this is binary, or text in another encoding.",
      error,
    );
  }
  return checkText(file, text);
}

/** Rejects text that no job file holds: nothing at all, NUL bytes, or too much. */
export function checkText(file: string, text: string): string {
  const size = Buffer.byteLength(text);
  if (size > maxBytes) throw tooLarge(file, size);
  if (text.trim() === "")
    throw wholeFileError(file, "Empty file", "There is nothing in it; a job file holds a job block.");
  const nul = text.indexOf("\0");
  if (nul >= 0) {
    const line = text.slice(0, nul).split("\n").length;
    throw wholeFileError(
      file,
      "Not a text file",
      `Line ${line} has a NUL byte, so this is no job file but something binary.`,
    );
  }
  return text;
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "There is no such file.",
  ENOTDIR: "A part of the path is a file, not a folder.",
  EACCES: "You have no permission to read it.",
  EPERM: "You have no permission to read it.",
  ELOOP: "Its symbolic links go round in a circle.",
  ENAMETOOLONG: "The name is too long.",
  ENXIO: "It is a device or socket.",
};

function toReadError(file: string, error: unknown): unknown {
  const code = errorCode(error);
  if (code === undefined) return error;
  const reason = reasons[code] ?? errorMessage(error);
  return wholeFileError(file, "Cannot read the file", reason, error);
}
