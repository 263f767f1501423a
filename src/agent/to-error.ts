import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import { type ErrorKind, errorCode, errorMessage, LongshoreError } from "../task/index.ts";

/** Any thrown thing as a LongshoreError; one of ours stays as it is, others become `internal` with their words. */
export function toLongshoreError(thrown: unknown, what?: string): LongshoreError {
  if (thrown instanceof LongshoreError) return thrown;
  const words = errorMessage(thrown);
  return new LongshoreError("internal", what === undefined ? words : `${what}: ${words}`, { cause: thrown });
}

interface FileFault {
  readonly kind: ErrorKind;
  /** The system's own words when missing. */
  readonly why?: string;
  readonly hint?: string;
}

const fullDisk: FileFault = {
  kind: "unavailable",
  why: "the disk is full",
  hint: "Free some space, or choose another data folder with more room.",
};
const noMoreFiles: FileFault = {
  kind: "unavailable",
  why: "the disk takes no more files",
  hint: "Remove files that are not needed (its inodes are used up, not its space), or choose another data folder.",
};
const unknownFault: FileFault = { kind: "internal" };

/** None is `invalid`: that is for what someone wrote, and this is how the machine is. */
const fileFaults: Readonly<Record<string, FileFault>> = {
  EDQUOT: {
    kind: "unavailable",
    why: "the disk quota is used up",
    hint: "Free some space, or choose another data folder.",
  },
  EACCES: {
    kind: "unauthorized",
    why: "permission denied",
    hint: "Choose a data folder that you may write to.",
  },
  EPERM: { kind: "unauthorized", why: "not permitted", hint: "Choose a data folder that you may write to." },
  EROFS: {
    kind: "unavailable",
    why: "the file system is read-only",
    hint: "Choose a data folder on a writable file system.",
  },
  ENOTDIR: {
    kind: "conflict",
    why: "a part of the path is a file, not a folder",
    hint: "Choose another data folder, or remove that file.",
  },
  ENOENT: { kind: "not-found" },
};

/** A file system failure as an error that says what was tried on which path and why it failed. */
export function toFileError(thrown: unknown, what: string, path: string): LongshoreError {
  if (thrown instanceof LongshoreError) return thrown;
  const code = errorCode(thrown) ?? "";
  const fault = code === "ENOSPC" ? toFullDisk(path) : (fileFaults[code] ?? unknownFault);
  return describeFault(thrown, `cannot ${what} ${path}`, fault);
}

/** A disk also gives this error while it has space: for every file it needs an inode, and they are numbered. */
function toFullDisk(path: string): FileFault {
  try {
    const { files, ffree, bavail } = statfsSync(path);
    return files > 0 && ffree === 0 && bavail > 0 ? noMoreFiles : fullDisk;
  } catch (error) {
    const above = dirname(path);
    return errorCode(error) === "ENOENT" && above !== path ? toFullDisk(above) : fullDisk;
  }
}

function describeFault(cause: unknown, what: string, { kind, why, hint }: FileFault): LongshoreError {
  const words = why ?? errorMessage(cause);
  return new LongshoreError(kind, `${what}: ${words}`, { cause, hint, retryable: false });
}

const folderFaults: Readonly<Record<string, FileFault>> = {
  ENOENT: { kind: "not-found", why: "there can be no new folder", hint: "Choose a data folder on a disk." },
  EEXIST: {
    kind: "conflict",
    why: "something that is no folder is there",
    hint: "Choose another data folder, or remove it.",
  },
};

/** Why a folder could not be made, by the name of the one where it failed. */
export function toFolderError(thrown: unknown, folder: string): LongshoreError {
  const path = thrown instanceof Error && "path" in thrown ? String(thrown.path) : folder;
  const fault = folderFaults[errorCode(thrown) ?? ""];
  if (fault === undefined) return toFileError(thrown, "make the folder", path);
  return describeFault(thrown, `cannot make the folder ${path}`, fault);
}
