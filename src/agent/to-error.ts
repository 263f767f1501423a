import { LongshoreError } from "../task/index.ts";

/** Any thrown thing as a LongshoreError; one of ours stays as it is, others become `internal` with their words. */
export function toLongshoreError(thrown: unknown, what?: string): LongshoreError {
  if (thrown instanceof LongshoreError) return thrown;
  const words = thrown instanceof Error ? thrown.message : String(thrown);
  return new LongshoreError("internal", what === undefined ? words : `${what}: ${words}`, { cause: thrown });
}

const fileFaults: Readonly<Record<string, { readonly why: string; readonly hint: string }>> = {
  ENOSPC: { why: "the disk is full", hint: "Free some space, or choose another data folder with more room." },
  EDQUOT: { why: "the disk quota is used up", hint: "Free some space, or choose another data folder." },
  EACCES: { why: "permission denied", hint: "Choose a data folder that you may write to." },
  EPERM: { why: "not permitted", hint: "Choose a data folder that you may write to." },
  EROFS: { why: "the file system is read-only", hint: "Choose a data folder on a writable file system." },
  ENOTDIR: {
    why: "a part of the path is a file, not a folder",
    hint: "Choose another data folder, or remove that file.",
  },
};

/** A file system failure as an error that says what was tried on which path and why it failed. */
export function toFileError(thrown: unknown, what: string, path: string): LongshoreError {
  if (thrown instanceof LongshoreError) return thrown;
  const fault = fileFaults[errorCode(thrown) ?? ""];
  const why = fault?.why ?? (thrown instanceof Error ? thrown.message : String(thrown));
  return new LongshoreError("invalid", `cannot ${what} ${path}: ${why}`, {
    cause: thrown,
    hint: fault?.hint,
    retryable: false,
  });
}

const folderFaults: Readonly<Record<string, { readonly why: string; readonly hint: string }>> = {
  ENOENT: { why: "there can be no new folder", hint: "Choose a data folder on a disk." },
  EEXIST: { why: "something that is no folder is there", hint: "Choose another data folder, or remove it." },
};

/** Why a folder could not be made, by the name of the one where it failed. */
export function toFolderError(thrown: unknown, folder: string): LongshoreError {
  const path = thrown instanceof Error && "path" in thrown ? String(thrown.path) : folder;
  const fault = folderFaults[errorCode(thrown) ?? ""];
  if (fault === undefined) return toFileError(thrown, "make the folder", path);
  return new LongshoreError("invalid", `cannot make the folder ${path}: ${fault.why}`, {
    cause: thrown,
    hint: fault.hint,
    retryable: false,
  });
}

/** Node's code of an error (`ENOENT`), when it has one. */
export function errorCode(thrown: unknown): string | undefined {
  return thrown instanceof Error && "code" in thrown && typeof thrown.code === "string"
    ? thrown.code
    : undefined;
}
